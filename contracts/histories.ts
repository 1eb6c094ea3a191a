/** Temporal's own record of runs, as activities and operators reach it. */

/** `continued`: it went on as another Temporal run. */
export type TemporalStatus =
  | 'running'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'terminated'
  | 'timed_out'
  | 'continued';

export interface TemporalRun {
  temporalRunId: string;
  /** Equal for all Temporal runs of one run: it survives reset and continue-as-new. */
  firstRunId: string;
  status: TemporalStatus;
}

/** Every method throws `TemporalUnavailable` when Temporal does not answer. */
export interface Histories {
  /** A history as Temporal's JSON has it (`{events: […]}`); undefined where the server has forgotten it. */
  fetch(workflowId: string, temporalRunId: string): Promise<unknown>;
  /** The newest Temporal run of a business key. */
  newest(workflowId: string): Promise<TemporalRun | undefined>;
  /** First run ids of all runs that Temporal says are running; may lag behind by a moment. */
  running(): Promise<Set<string>>;
}
