/** The workflows of a worker; the bundle is made of this file. */
export { reconcileRuns } from './reconcile-runs';
export { teamRun } from './team-run';
