/** The workflows of a worker; the bundle is made of this file. */
export { notify } from './notify';
export { reconcileRuns } from './reconcile-runs';
export { teamRun } from './team-run';
