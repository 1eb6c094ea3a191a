/** `openRun`: checks and resolves everything once, opens the run in the ledger, or refuses it. */
import type { OpenRunInput, OpenRunResult } from '../contracts/activities';
import { getText, putJson } from '../contracts/content';
import type { ReviewDeadline } from '../contracts/deadline';
import { UserError } from '../contracts/errors';
import { given } from '../contracts/given';
import { runKey } from '../contracts/ids';
import type { Ledger } from '../contracts/ledger';
import { HISTORY_EVENTS_MAX, RUN_PRIORITY } from '../contracts/limits';
import type { PhasePlan, RunPlan } from '../contracts/plan';
import type { LadderChanges } from '../contracts/recoveries';
import type { ReviewTerms, ReviewTrigger } from '../contracts/reviews';
import { RunInput, TeamRunStart } from '../contracts/run';
import { checkTeam } from '../contracts/team/check';
import { laddersOf, type ResolvedTeam } from '../contracts/team/resolved';
import type { Phase, Team } from '../contracts/team/schema';
import type { InstalledTools } from '../contracts/tools';
import { refusalWords } from '../domain/load-words';
import type { PriceTable } from '../domain/prices';
import {
  differences,
  RECOVERY,
  type RecoveryTable,
  resolveLadders,
  workflowLadders,
} from '../domain/recovery';
import { switchedOffWords } from '../domain/switch-words';
import { temporalRunId } from './activity-frame';
import { forkOrigin } from './fork-origin';
import { Refusal } from './refusal';
import { resolveTeam } from './resolve-team';

export interface OpenRunDeps {
  ledger: Ledger;
  prices: PriceTable;
  installedTools: InstalledTools;
  provider: string;
  /** Default `RECOVERY`; tests switch rows off. */
  recoveries?: RecoveryTable;
  /** Default `HISTORY_EVENTS_MAX`; tests take a small one. */
  historyEventsMax?: number;
}

export function createOpenRun(deps: OpenRunDeps) {
  const { ledger, provider } = deps;

  return async ({ run, start }: OpenRunInput): Promise<OpenRunResult> => {
    const parsed = TeamRunStart.safeParse(start);
    const common = {
      run,
      temporalRunId: temporalRunId(),
      user: start.user,
      teamSha256: start.teamSha256,
      inputSha256: start.inputSha256,
      ...(start.documentsSha256 ? { documentsSha256: start.documentsSha256 } : {}),
      provider,
    };
    let team: Team | undefined;
    try {
      if (!parsed.success)
        throw new Refusal('bad_input', `The start is not valid: ${parsed.error.message}`);
      team = await loadTeam(deps, start.teamSha256);
      await checkInput(deps, start);
      checkDocuments(team, start);
      checkPrices(deps, team);
      const table = deps.recoveries ?? RECOVERY;
      const resolved = resolveTeam(team, table);
      const sha256 = await putJson(ledger.content, resolved);
      const ladders = resolveLadders(table, team.recoveries);
      const plan = planOf(deps, resolved, workflowLadders(ladders), start, sha256);
      const fork = start.fork && (await forkOrigin(ledger, start.fork, team, plan));
      const forkedFrom = start.fork ? { forkedFrom: runKey(start.fork.run) } : {};
      const whenFull = ladders.overload.includes('queue') ? 'queue' : 'refuse';
      const tooMuch = whenFull === 'queue' ? 'queue_full' : 'overload';
      const admission = { priority: start.priority ?? RUN_PRIORITY.default, whenFull } as const;
      const row = { ...common, ...forkedFrom, plan };
      const opened = await ledger.openRun({ ...row, admission });
      const held = 'heldBy' in opened ? { heldBy: opened.heldBy } : {};
      const result = { plan, ...(fork ? { fork } : {}), ...held };
      switch (opened.outcome) {
        case 'opened':
          return { outcome: 'opened', ...result };
        case 'queued':
          return { outcome: 'queued', ...result, held: opened.place.held };
        case 'full':
          if (ladders[tooMuch].includes('refuse'))
            throw new Refusal(tooMuch, refusalWords(opened.full));
          // Nothing is to be done about it: the run ends at once, as any failure ends it.
          await ledger.openRun(row);
          return { outcome: 'overloaded', ...result, failure: tooMuch };
        case 'switched_off':
          throw new Refusal('switched_off', switchedOffWords(opened.by));
        case 'refused':
          return { outcome: 'refused', reason: tooMuch };
        case 'key_ended':
          throw new Refusal(
            'key_already_ended',
            `The business key ${run.workflowId} belongs to a run that has ended: start under another key.`,
          );
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await ledger.refuseRun(
        {
          ...common,
          team: team?.name ?? 'unknown',
          version: team?.version ?? 'unknown',
          budgetMicroUsd: start.budgetMicroUsd ?? team?.budgetMicroUsd ?? 0,
        },
        error.explanation,
      );
      return { outcome: 'refused', reason: error.reason };
    }
  };
}

async function artifact(deps: OpenRunDeps, sha256: string, what: string): Promise<unknown> {
  try {
    return JSON.parse(await getText(deps.ledger.content, sha256));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new Refusal('bad_input', `The ${what} is not JSON: ${error.message}.`);
    if (error instanceof UserError)
      throw new Refusal('bad_input', `The ${what} was never stored: ${error.message}`);
    throw error;
  }
}

async function loadTeam(deps: OpenRunDeps, sha256: string): Promise<Team> {
  const checked = checkTeam(await artifact(deps, sha256, 'team'), deps.installedTools);
  if (checked.team) return checked.team;
  const problems = checked.problems.map(({ path, message }) => `${path || 'team'} ${message}`);
  throw new Refusal('bad_input', `The team is not valid: ${problems.join('; ')}.`);
}

async function checkInput(deps: OpenRunDeps, start: TeamRunStart): Promise<void> {
  const parsed = RunInput.safeParse(await artifact(deps, start.inputSha256, 'input'));
  if (!parsed.success)
    throw new Refusal(
      'bad_input',
      `The input is not valid: ${parsed.error.issues.map(({ path, message }) => `${path.join('/')} ${message}`).join('; ')}.`,
    );
}

function checkDocuments(team: Team, start: TeamRunStart): void {
  if (team.documents === 'required' && !start.documentsSha256 && !start.fork)
    throw new Refusal(
      'documents_missing',
      `The team ${team.name} works on documents: start it with a folder of them.`,
    );
}

function checkPrices({ prices }: OpenRunDeps, team: Team): void {
  const models = team.phases.flatMap(({ model, fallbackModels }) => [model, ...fallbackModels]);
  const unknown = [...new Set(models.map(({ name }) => name))].filter(
    (model) => !Object.hasOwn(prices, model),
  );
  if (unknown.length > 0)
    throw new Refusal(
      'unknown_price',
      `No price is known for ${unknown.join(', ')}: without one no budget can hold. Give it in the file that TUESDAY_PRICES names, or use one of ${Object.keys(prices).join(', ')}.`,
    );
}

function planOf(
  { historyEventsMax = HISTORY_EVENTS_MAX }: OpenRunDeps,
  team: ResolvedTeam,
  common: LadderChanges,
  start: TeamRunStart,
  resolvedTeamSha256: string,
): RunPlan {
  return {
    team: team.name,
    version: team.version,
    resolvedTeamSha256,
    budgetMicroUsd: start.budgetMicroUsd ?? team.budgetMicroUsd,
    phases: team.phases.map((phase) => phasePlan(team, phase, common, start.review === 'always')),
    deadline: team.deadline,
    admits: true,
    ...(team.unverifiedDecisions === 'allowed' ? { unverified: 'allowed' as const } : {}),
    starters: [...new Set([start.startedBy ?? start.user, start.user])],
    ladders: common,
    ...(start.effects ? { effects: start.effects } : {}),
    historyEventsMax,
  };
}

function phasePlan(
  team: ResolvedTeam,
  phase: Phase,
  common: LadderChanges,
  reviewAlways: boolean,
): PhasePlan {
  const { limits, revises } = phase;
  const review = reviewOf(phase, reviewAlways && phase.effects.length > 0);
  return {
    name: phase.name,
    needs: phase.needs.map((need) => need.phase),
    required: phase.required,
    triggers: review.triggers,
    terms: review.terms,
    deadline: { ...team.deadline, ...review.deadline },
    budgetShare: limits.budgetShare,
    roundsMax: limits.roundsMax,
    ...(revises ? { revises: { phase: revises.phase, revisionsMax: revises.revisionsMax } } : {}),
    scheduleToStartMs: limits.scheduleToStartMs,
    startToCloseMs: limits.startToCloseMs,
    scheduleToCloseMs: limits.scheduleToCloseMs,
    heartbeatMs: limits.heartbeatMs,
    fallbackModels: phase.fallbackModels.length,
    ladders: differences(common, workflowLadders(laddersOf(team, phase.name))),
  };
}

interface PhaseReview {
  triggers: ReviewTrigger[];
  terms: ReviewTerms;
  deadline: Partial<ReviewDeadline>;
}

/** @param always whatever the team declares */
function reviewOf({ review }: Phase, always: boolean): PhaseReview {
  const { when, quorum, groups, notStarter, deadline } =
    typeof review === 'string' ? { ...NO_TERMS, when: review } : review;
  return {
    triggers: always ? [{ kind: 'always' }] : triggersWhen(when),
    terms: {
      ...(quorum > 1 ? { quorum } : {}),
      ...(groups.length > 0 ? { groups } : {}),
      ...(notStarter ? { notStarter: true as const } : {}),
    },
    deadline: given(deadline),
  };
}

const NO_TERMS = { quorum: 1, groups: [], notStarter: false, deadline: {} };

function triggersWhen(when: 'never' | 'always' | ReviewTrigger[]): ReviewTrigger[] {
  if (typeof when !== 'string') return when;
  return when === 'always' ? [{ kind: 'always' }] : [];
}
