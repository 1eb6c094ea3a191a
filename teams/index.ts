/** The ready teams, by name. */
import type { DefinedTeam } from '../contracts/team/define';
import { report } from './report';

export { report } from './report';

export const READY_TEAMS: Record<string, DefinedTeam> = { report };
