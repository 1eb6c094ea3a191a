/** The workflows of a worker; the bundle is made of this file. */
export { teamRun } from './team-run';
