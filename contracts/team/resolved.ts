/** A team as a run was opened with it: every default filled in, every ladder whole. An artifact. */
import type { Ladders } from '../recoveries';
import type { Team } from './schema';

export interface ResolvedTeam extends Team {
  /** By phase. */
  ladders: Record<string, Ladders>;
}

export function laddersOf({ ladders, name }: ResolvedTeam, phase: string): Ladders {
  const found = Object.hasOwn(ladders, phase) ? ladders[phase] : undefined;
  if (!found) throw new RangeError(`phase ${phase} is not part of team ${name}`);
  return found;
}
