/** Limits of an installation for tests: the defaults, changed. */
import {
  DEFAULT_LOAD,
  type LoadLimitName,
  type LoadLimits,
  type ScopedLimit,
} from '../../contracts/load';

export function loadLimits(
  changes: Partial<Record<LoadLimitName, Partial<ScopedLimit>>>,
): LoadLimits {
  const limits = { ...DEFAULT_LOAD };
  for (const [name, change] of Object.entries(changes) as [LoadLimitName, Partial<ScopedLimit>][])
    limits[name] = { ...limits[name], ...change };
  return limits;
}
