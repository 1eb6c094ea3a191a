import { sha256Of } from '../../../contracts/content';
import { PublishedFile } from '../../../contracts/views';
import type { Invariant } from './evidence';

/**
 * The target saw each file once; each file belongs to one effect that is on record, and each run
 * that completed has all that its team declares.
 */
export const effectsOnce: Invariant = ({ runs, records, writes }) => {
  const done = records.effects.filter(({ status }) => status === 'done');
  const files = done.flatMap(({ stepKey, runKey, resultSha256 }) => {
    const text = records.artifacts.get(resultSha256 ?? '');
    const file = PublishedFile.safeParse(text === undefined ? undefined : JSON.parse(text));
    return file.success ? [{ stepKey, runKey, ...file.data }] : [];
  });
  const paths = new Set(files.map(({ path }) => path));
  const violations = [
    ...[...writes]
      .filter(([, times]) => times > 1)
      .map(([path, times]) => `${path}: written ${times} times`),
    ...[...writes.keys()]
      .filter((path) => !paths.has(path))
      .map((path) => `${path}: written by no effect that is on record as done`),
    ...files
      .filter(({ path }) => !writes.has(path))
      .map(({ path, stepKey }) => `${path}: on record as published by ${stepKey}, and not there`),
    ...files
      .filter(({ path }, index) => files.findIndex((other) => other.path === path) !== index)
      .map(({ path, stepKey }) => `${path}: published by ${stepKey} and by another step`),
    ...files.flatMap(({ sha256, path }) => {
      const content = records.artifacts.get(sha256);
      return content !== undefined && sha256Of(Buffer.from(content)) === sha256
        ? []
        : [`${path}: its bytes ${sha256} are no artifact`];
    }),
    ...runs.flatMap(({ key, filesCount }) => {
      const run = records.runs.find((row) => row.key === key);
      if (run === undefined || !run.status.startsWith('completed')) return [];
      const count = files.filter(({ runKey }) => runKey === run.runKey).length;
      return count === filesCount ? [] : [`${key}: ${count} files instead of ${filesCount}`];
    }),
  ];
  return {
    invariant: 'no effect happens twice',
    figures: `${records.effects.length} effects, ${done.length} done, ${writes.size} files, ${[...writes.values()].reduce((sum, times) => sum + times, 0)} writes`,
    violations,
  };
};
