/** Ids and keys, built in one place. Parts are percent-encoded, so no part can forge a separator. */

/** Identifies a run for good: survives reset and continue-as-new, changes when a business key is used again. */
export interface RunId {
  namespace: string;
  /** The caller's business key. */
  workflowId: string;
  /** `firstExecutionRunId`: the plain run id changes with a reset. */
  firstRunId: string;
}

const join = (parts: (string | number)[]): string =>
  parts.map((part) => encodeURIComponent(String(part))).join('/');

/** `namespace/workflow id/first run id`: the ledger's primary key of a run. */
export function runKey(run: RunId): string {
  return join([run.namespace, run.workflowId, run.firstRunId]);
}

/** The business key in a run's key. */
export const workflowIdOf = (key: string): string => decodeURIComponent(key.split('/')[1] ?? '');

/** One try of a phase. `item` is the member of a fan-out, `-` where there is none. */
export interface RoundId {
  runKey: string;
  phase: string;
  item: string;
  round: number;
}

export function roundKey(round: RoundId): string {
  return `${round.runKey}/${join([round.phase, round.item, round.round])}`;
}

/** The key of a model call: turn `t` of its round. */
export function modelStepKey(round: RoundId, turn: number): string {
  return `${roundKey(round)}/${turn}.model`;
}

/** The key of the n-th tool call that turn `t` asked for, from 0. */
export function toolStepKey(round: RoundId, turn: number, index: number): string {
  return `${roundKey(round)}/${turn}.${index}`;
}

/** The key of the call of a fallback tool that stands in for another call. */
export const fallbackStepKey = (stepKey: string): string => `${stepKey}.fallback`;

/** Which tool call of its turn a step is, from 1; undefined for a model call. */
export function toolCallOf(stepKey: string): number | undefined {
  const index = /\/\d+\.(\d+)(\.fallback)*$/.exec(stepKey)?.[1];
  return index === undefined ? undefined : Number(index) + 1;
}

/** The key of the n-th effect that the phase declares for its accepted output. */
export function effectStepKey(round: RoundId, index: number): string {
  return `${roundKey(round)}/effect.${index}`;
}

/** The key of the breaker that all calls of a model or tool share. */
export function breakerScope(kind: 'model' | 'tool', name: string): string {
  return `${kind}:${name}`;
}

/** Business keys are workflow ids and end up in file names and URLs. */
export const BUSINESS_KEY = /^[A-Za-z0-9][A-Za-z0-9._:@-]*$/;

/** Ids that callers choose for decisions: anything that can be written down and stored. */
export const CALLER_ID_CHARACTERS_MAX = 200;
export const CALLER_ID = /^[^\p{Cc}\p{Cs}]{1,200}$/u;
