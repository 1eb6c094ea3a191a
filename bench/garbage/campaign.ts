/** Runs of the report team whose models answer garbage, and what became of each answer. */
import type { Tuesday } from '../../client/types';
import type { Simulator } from '../../simulator';
import { report } from '../../teams';
import type { Finding } from '../chaos/invariants/evidence';
import { accountsAddUp, settledIsBilled, unsettledIsBooked } from '../chaos/invariants/money';
import { readRecords } from '../chaos/records';
import { type GarbageCase, type PlannedRun, planGarbage } from './plan';
import type { Output } from './prose';
import { VERDICTS } from './verdicts';
import { type RequestWatch, watchRequests } from './watch';

export interface CampaignParts {
  tuesday: Tuesday;
  simulator: Simulator;
  databaseUrl: string;
}

export interface CampaignOptions {
  seed: number;
  /** Bad answers at least. */
  responsesCount: number;
  runsAtOnce: number;
  /** A folder that the runs work from. */
  documents: string;
  onProgress(line: string): void;
}

export interface CaseOutcome extends GarbageCase {
  responses: number;
  /** Empty where it is what was written down before. */
  problems: string[];
}

export interface CampaignReport {
  outcomes: CaseOutcome[];
  /** Status of each run at its end, by business key. */
  ends: Map<string, string>;
  leaks: string[];
  money: Finding[];
}

const QUESTION = 'What do these documents say about budgets, retries, approvals and limits?';

export async function runGarbageCampaign(
  parts: CampaignParts,
  options: CampaignOptions,
): Promise<CampaignReport> {
  const { tuesday, simulator } = parts;
  const { seed, responsesCount, runsAtOnce, documents, onProgress } = options;
  const start = (key: string) => tuesday.startRun(report, { question: QUESTION, documents, key });
  const baseline = await tuesday.result(await start('garbage-baseline'));
  const goods = Object.fromEntries(
    Object.entries(baseline.outputs).map(([phase, done]) => [phase, done?.output as Output]),
  );
  const runs = planGarbage(seed, responsesCount, report, goods);
  const cases = runs.flatMap((run) => run.cases);
  for (const { fault } of cases) simulator.addFault(fault);
  const watch = watchRequests(simulator, cases);
  const outcomes: CaseOutcome[] = [];
  const ends = new Map<string, string>();
  const waiting = [...runs];
  const lane = async (): Promise<void> => {
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
      await start(run.key);
      const ended = await toItsEnd(tuesday, run);
      ends.set(run.key, ended.status);
      for (const one of run.cases)
        outcomes.push({ ...one, ...(await judged(tuesday, watch, one, ended)) });
      onProgress(`${ends.size} of ${runs.length} runs: ${run.key} ${ended.status}`);
    }
  };
  await Promise.all(Array.from({ length: runsAtOnce }, lane));
  watch.stop();
  simulator.clearFaults();
  const evidence = {
    records: await readRecords(parts.databaseUrl),
    bill: simulator.bill(),
    ...{ runs: [], temporal: new Map(), windows: [], writes: new Map(), carried: [] },
    recognisedCount: 0,
  };
  const money = [settledIsBilled, unsettledIsBooked, accountsAddUp].map((one) => one(evidence));
  return { outcomes, ends, leaks: watch.leaks(), money };
}

interface Ended {
  status: string;
  explanation: string;
  /** Why a person was asked, and where. */
  asked: string[];
  outputs: Record<string, string>;
}

/** A run that asks a person is stopped: nobody could put its model right. */
async function toItsEnd(tuesday: Tuesday, { key }: PlannedRun): Promise<Ended> {
  const asked: string[] = [];
  for await (const view of tuesday.watchRun(key, { untilParked: true })) {
    const [review] = view.reviews;
    if (view.status !== 'waiting_for_review' || review === undefined) continue;
    asked.push(`${review.phase} ${review.reason}`);
    await tuesday.decide(key, { decision: 'stop', reviewId: review.id });
  }
  const { status, explanation, outputs } = await tuesday.result(key);
  const texts = Object.entries(outputs).map(([phase, done]) => [phase, JSON.stringify(done)]);
  return { status, explanation, asked, outputs: Object.fromEntries(texts) };
}

/** What became of one case, held against what was written down. */
async function judged(
  tuesday: Tuesday,
  watch: RequestWatch,
  { run, phase, garbage, strikes, marker, responsesCount }: GarbageCase,
  { status, explanation, asked, outputs }: Ended,
): Promise<Pick<CaseOutcome, 'responses' | 'problems'>> {
  const expected = VERDICTS[garbage];
  const steps = watch.stepsOf(run, phase);
  const responses = steps.filter(({ isStruck }) => isStruck).length;
  const rejections = await rejectionsOf(tuesday, run, phase);
  const first = steps.findIndex(({ isStruck }) => isStruck);
  const isRepaired = steps[first + 1]?.round === steps[first]?.round && first !== -1;
  const told = rejections.length > 0 ? 'another_round' : 'handed_on';
  const next = isRepaired ? 'repair_turn' : told;
  const problems: string[] = [];
  const hold = (what: string, is: unknown, wanted: unknown) => {
    if (is !== wanted) problems.push(`${what}: ${is} instead of ${wanted}`);
  };
  hold('bad answers', responses, responsesCount);
  hold('next', next, expected.next);
  // Of an answer that its repair turn has mended nobody is told why it was bad.
  if (strikes !== 'once' || next !== 'repair_turn')
    hold('verdict', rejections[0] ?? 'accepted', expected.verdict);
  if (strikes === 'always') {
    hold('a person is asked', asked.join(), `${phase} ${expected.verdict}`);
    hold('end', status, 'stopped');
  } else hold('end', status.startsWith('completed') ? 'completed' : status, 'completed');
  hold('explanation', explanation.length > 0, true);
  const isIn = Object.values(outputs).some((output) => output.includes(marker));
  if (expected.verdict !== 'accepted') hold('it is part of the result', isIn, false);
  return { responses, problems };
}

async function rejectionsOf(tuesday: Tuesday, run: string, phase: string): Promise<string[]> {
  const failures: string[] = [];
  for (let after = 0; ; ) {
    const page = await tuesday.history(run, { after, limit: 200 });
    for (const { event } of page.entries)
      if (event.type === 'output_rejected' && event.phase === phase)
        failures.push(String(event.failure));
    if (page.next === undefined) return failures;
    after = page.next;
  }
}
