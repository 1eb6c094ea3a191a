import { SHA256S } from '../records';
import { MARKER } from '../runs';
import type { Evidence, Invariant } from './evidence';

/** Events and states of each run are numbered from 1 to its version, without a gap. */
export const versionsContiguous: Invariant = ({ records }) => {
  const violations = records.runs.flatMap(({ key, runKey, stateVersion }) =>
    (['events', 'states'] as const).flatMap((name) => {
      const versions = records[name].find((row) => row.runKey === runKey)?.versions ?? [];
      const isWhole =
        versions.length === stateVersion && versions.every((version, at) => version === at + 1);
      return isWhole
        ? []
        : [`${key}: at version ${stateVersion} with ${name} ${versions.join(' ')}`];
    }),
  );
  return {
    invariant: 'state versions are contiguous',
    figures: `${records.events.reduce((total, { versions }) => total + versions.length, 0)} events of ${records.runs.length} runs`,
    violations,
  };
};

/** No artifact that a run names, itself or through others, holds the marker of another run. */
export const markersApart: Invariant = ({ runs, records }) => {
  let count = 0;
  const violations = runs.flatMap(({ key, marker }) => {
    const run = records.runs.find((row) => row.key === key);
    if (run === undefined) return [];
    const reached = reach(records, run.runKey);
    count += reached.size;
    return [...reached].flatMap((sha256) => {
      const found = records.artifacts.get(sha256)?.match(MARKER) ?? [];
      const foreign = found.find((other) => other !== marker);
      return foreign === undefined ? [] : [`${key}: artifact ${sha256} holds ${foreign}`];
    });
  });
  return {
    invariant: 'no marker of one run is in the artifacts of another',
    figures: `${count} artifacts looked through`,
    violations,
  };
};

function reach({ named, artifacts }: Evidence['records'], runKey: string): Set<string> {
  const reached = new Set<string>();
  const open = [...(named.get(runKey) ?? [])];
  for (let sha256 = open.pop(); sha256 !== undefined; sha256 = open.pop()) {
    const text = artifacts.get(sha256);
    if (text === undefined || reached.has(sha256)) continue;
    reached.add(sha256);
    for (const [next] of text.matchAll(SHA256S)) open.push(next);
  }
  return reached;
}
