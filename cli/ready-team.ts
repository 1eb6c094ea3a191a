import { unknownTeam } from '../client/choose-team';
import type { DefinedTeam } from '../contracts/team/define';
import { READY_TEAMS } from '../teams';

/** A team that comes with Tuesday. @throws UserError `not_found` */
export function readyTeam(name: string): DefinedTeam<unknown> {
  const team = Object.hasOwn(READY_TEAMS, name) ? READY_TEAMS[name] : undefined;
  if (team) return team;
  throw unknownTeam(name, Object.keys(READY_TEAMS));
}
