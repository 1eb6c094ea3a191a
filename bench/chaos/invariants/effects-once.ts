import { sha256Of } from '../../../contracts/content';
import { PublishedFile } from '../../../contracts/views';
import type { Evidence, Invariant } from './evidence';

/**
 * The folder saw each file once; each file belongs to one effect that is on record, with the bytes
 * that are on record, and a run that completed has all that its team declares.
 */
export const filesOnce: Invariant = ({ runs, records, writes }) => {
  const done = doneBy(records, 'publish_file');
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
    ...missing(runs, records, done, 'filesCount', 'files'),
  ];
  const times = [...writes.values()].reduce((sum, count) => sum + count, 0);
  return {
    invariant: 'no file is published twice',
    figures: `${done.length} effects done, ${writes.size} files, ${times} writes`,
    violations,
  };
};

/** Each HTTP target did each effect once, whatever it recognises, and none that is not on record. */
export const postsOnce: Invariant = ({ runs, records, carried, recognisedCount }) => {
  const done = doneBy(records, 'publish_http');
  const times = new Map<string, number>();
  for (const { key } of carried) times.set(key, (times.get(key) ?? 0) + 1);
  const violations = [
    ...[...times]
      .filter(([, count]) => count > 1)
      .map(([key, count]) => `${key}: carried out ${count} times`),
    ...[...times.keys()]
      .filter((key) => !records.effects.some(({ stepKey }) => stepKey === key))
      .map((key) => `${key}: carried out, and not on record`),
    ...done
      .filter(({ stepKey }) => !times.has(stepKey))
      .map(({ stepKey }) => `${stepKey}: on record as done, and never carried out`),
    ...missing(runs, records, done, 'postsCount', 'posts'),
  ];
  return {
    invariant: 'nothing is posted twice',
    figures: `${done.length} effects done, ${carried.length} carried out by their targets, ${recognisedCount} requests recognised as done before`,
    violations,
  };
};

const doneBy = ({ effects }: Evidence['records'], by: string) =>
  effects.filter(({ status, tool }) => status === 'done' && tool === by);

function missing(
  runs: Evidence['runs'],
  records: Evidence['records'],
  done: { runKey: string }[],
  declared: 'filesCount' | 'postsCount',
  what: string,
): string[] {
  return runs.flatMap((planned) => {
    const run = records.runs.find(({ key }) => key === planned.key);
    if (run === undefined || !run.status.startsWith('completed')) return [];
    const count = done.filter(({ runKey }) => runKey === run.runKey).length;
    return count === planned[declared]
      ? []
      : [`${planned.key}: ${count} ${what} instead of ${planned[declared]}`];
  });
}
