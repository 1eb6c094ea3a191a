/** A run on one page: its state, with what the ledger and its artifacts know beside it. */
import { LRUCache } from 'lru-cache';
import { type ContentStore, getJson } from '../contracts/content';
import type { DocumentManifest } from '../contracts/documents';
import { UserError } from '../contracts/errors';
import type { QueuePlace } from '../contracts/load';
import type { PhasePlan } from '../contracts/plan';
import type { RecordedDecision } from '../contracts/reviews';
import type { RunInput } from '../contracts/run';
import type { Origin, PhaseState, RunEvent, RunState } from '../contracts/run-state';
import { isEnd } from '../contracts/run-status';
import type { SwitchView } from '../contracts/switch-views';
import type { BreakerView, PhaseView, RunSummary, RunView } from '../contracts/views';
import { explainRun } from '../domain/explanation';
import { queueWords, type UnbegunPhase } from '../domain/load-words';
import { nextOfPhase, nextOfRun } from '../domain/next-steps';
import { waitOf } from '../domain/phase-waits';
import { migrateState } from '../domain/state-migrations';
import { heldWords, sinceWords } from '../domain/switch-words';
import type { LoadFacts } from './load-facts';
import type { RunRow } from './newest-run';
import { confidenceView, limitationViews } from './output-views';
import { createPhaseModels } from './phase-models';
import { reviewView } from './review-view';
import type { RunFacts } from './run-facts';

/** Lists of left-out documents kept, by manifest: whoever watches a run asks again and again. */
const MANIFESTS_CACHED_MAX = 200;
/** What holds up a run beside its own work. */
interface Circumstances {
  load: LoadFacts;
  openBreakers(): Promise<BreakerView[]>;
}
type LeftOut = Pick<RunView, 'unavailableDocuments' | 'skippedFiles'>;

export function createRunView(
  content: ContentStore,
  facts: RunFacts,
  { load, openBreakers }: Circumstances,
) {
  const phaseModels = createPhaseModels(content);
  const leftOutDocuments = new LRUCache<string, LeftOut>({ max: MANIFESTS_CACHED_MAX });

  async function leftOut(documentsSha256: string | undefined): Promise<LeftOut> {
    if (documentsSha256 === undefined) return { unavailableDocuments: [], skippedFiles: [] };
    const known = leftOutDocuments.get(documentsSha256);
    if (known) return known;
    const manifest = await getJson<DocumentManifest>(content, documentsSha256);
    const made = { unavailableDocuments: manifest.unavailable, skippedFiles: manifest.skipped };
    leftOutDocuments.set(documentsSha256, made);
    return made;
  }

  async function phasesOf({ runKey, plan, state }: RunRow) {
    const isOver = isEnd(state.status);
    const [modelOf, breakers, rounds, accounts, counts, inFlight, failed, statusEvents] =
      await Promise.all([
        phaseModels(plan),
        isOver ? [] : openBreakers(),
        isOver ? [] : load.roundsOf(runKey),
        facts.spends([runKey]),
        facts.stepCounts(runKey),
        facts.inFlight(runKey),
        facts.failedSteps(runKey),
        facts.statusEvents(runKey),
      ]);
    /** An entry that no attempt has begun yet. */
    const unbegun = (name: string, phase: PhaseState, last: RunEvent): UnbegunPhase | undefined => {
      const own = rounds.find((row) => row.phase === name && row.round === phase.round);
      if (phase.status !== 'running' || (own && own.entry >= phase.entry)) return undefined;
      const waitsMs = Date.now() - last.at;
      return { waitsMs, ...(own?.place ? { place: own.place } : {}) };
    };
    const count = (phase: string, kind: 'model' | 'tool') =>
      counts.find((entry) => entry.phase === phase && entry.kind === kind)?.count ?? 0;
    const show = (phasePlan: PhasePlan): PhaseView => {
      const { name } = phasePlan;
      const phase = state.phases[name];
      const last = phase?.status === 'pending' ? undefined : statusEvents.get(name);
      const retrying = failed.filter(
        (step) => step.phase === name && phase?.status === 'running' && step.round === phase.round,
      );
      const model = modelOf(name, phase);
      const calls = inFlight.filter((step) => step.phase === name);
      const asksModel = calls.some(({ kind }) => kind === 'model');
      const breaker = breakers.find((open) => open.kind === 'model' && open.name === model);
      const heldBackBy = asksModel ? undefined : breaker;
      const start = phase && last && unbegun(name, phase, last);
      const waitsFor = waitOf(phasePlan, state, last, { retrying, heldBackBy, unbegun: start });
      const next = nextOfPhase(plan, state, name);
      return {
        name,
        status: phase?.status ?? 'pending',
        ...(last ? { since: new Date(last.at).toISOString() } : {}),
        round: phase?.round ?? 0,
        spend: accounts.find((account) => account.phase === name)?.spend ?? {
          settledMicroUsd: 0,
          unsettledMicroUsd: 0,
        },
        allowanceMicroUsd: phase?.allowanceMicroUsd ?? 0,
        ...(phase?.output ? { outputSha256: phase.output } : {}),
        ...(phase?.partial ? { partialSha256: phase.partial } : {}),
        ...(phase?.confidence ? { confidence: confidenceView(phase.confidence) } : {}),
        ...(phase?.categories ? { categories: phase.categories } : {}),
        steps: { model: count(name, 'model'), tool: count(name, 'tool') },
        current: calls.map(({ kind, name: step, since, failedTries }) => ({
          kind,
          name: step,
          since: since.toISOString(),
          failedTries,
        })),
        retrying: retrying.map(({ kind, name: step, failedTries, failure, since }) => ({
          kind,
          name: step,
          failedTries,
          ...(failure ? { failure } : {}),
          ...(since ? { since: since.toISOString() } : {}),
        })),
        recoveries: phase?.recoveries ?? [],
        ...(phase && phase.model > 0 && model ? { model } : {}),
        ...(waitsFor ? { waitsFor } : {}),
        ...(next ? { next } : {}),
      };
    };
    const tokens = {
      input: counts.reduce((sum, { input }) => sum + input, 0),
      output: counts.reduce((sum, { output }) => sum + output, 0),
    };
    return { phases: plan.phases.map(show), tokens };
  }

  return async (row: RunRow): Promise<RunView> => {
    const { plan } = row;
    const state = migrateState(row.state);
    // Before all that it stands for: what is newer than it says only makes a watcher look again.
    const revision = await facts.revisionOf(row);
    const [[summary], { phases, tokens }, question, limitations, documents, queue] =
      await Promise.all([
        facts.summaries([row]),
        phasesOf({ ...row, state }),
        questionOf(content, row.inputSha256),
        limitationViews(content, state.limitations),
        leftOut(state.documentsSha256),
        state.queuedAt === undefined ? undefined : load.queueOf(row.runKey),
      ]);
    const next = nextOfRun(plan, state);
    return {
      ...(summary as RunSummary),
      stateVersion: row.stateVersion,
      revision,
      explanation: explanationOf(row, state, queue, summary?.heldBy),
      ...(queue
        ? {
            queue: {
              place: queue.before + 1,
              before: queue.before,
              priority: queue.priority,
              since: queue.since.toISOString(),
              heldBy: queue.held,
            },
          }
        : {}),
      ...(next ? { next } : {}),
      question,
      phases,
      reviews: Object.values(state.reviews).map(reviewView),
      decisions: inOrder(Object.values(state.decisions)).map(decisionView),
      recoveries: state.recoveries ?? [],
      limitations,
      ...documents,
      tokens,
      ...(row.resultSha256 ? { resultSha256: row.resultSha256 } : {}),
      teamSha256: row.teamSha256,
      inputSha256: row.inputSha256,
      ...(state.documentsSha256 ? { documentsSha256: state.documentsSha256 } : {}),
      ...(state.forkedFrom ? { forkedFrom: originView(state.forkedFrom) } : {}),
    };
  };
}

function explanationOf(
  row: RunRow,
  state: RunState,
  queue: QueuePlace | undefined,
  held: SwitchView | undefined,
): string {
  if (row.status === 'refused') return row.explanation ?? '';
  const stands = queue ? queueWords(queue) : explainRun(row.plan, state);
  if (!held) return stands;
  const said = state.status === 'paused' || state.status === 'stopped';
  const who = said ? '' : ` ${heldWords({ ...held, switchId: held.id })}.`;
  return `${stands}${who} ${sinceWords(held.since, held.reason)}.`;
}

/** The ledger keeps no order of keys. */
const inOrder = (decisions: RecordedDecision[]): RecordedDecision[] =>
  decisions.sort((a, b) => (a.version ?? 0) - (b.version ?? 0));

const decisionView = ({
  decisionId,
  digest: _seen,
  verified,
  counted,
  version: _order,
  ...decision
}: RecordedDecision) => ({
  id: decisionId,
  ...decision,
  verified: verified ?? false,
  settles: !counted,
});

const originView = ({ run, version, phase }: Origin) => ({
  run: run.workflowId,
  firstRunId: run.firstRunId,
  version,
  phase,
});

/** A run that was refused may name an input that was never stored. */
async function questionOf(content: ContentStore, inputSha256: string): Promise<string> {
  try {
    return (await getJson<RunInput>(content, inputSha256)).question;
  } catch (error) {
    if (error instanceof UserError && error.kind === 'not_found') return '';
    throw error;
  }
}
