import { sha256Of } from '../../../contracts/content';
import { PublishedFile } from '../../../contracts/views';
import type { EffectRow } from '../records';
import type { Evidence, Invariant } from './evidence';

/**
 * The folder saw each file once, also where another round of a phase published it again; each file belongs
 * to an effect that is on record, with the bytes that are on record, and a run that completed has all that its team declares.
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
      .filter(({ path, sha256 }) =>
        files.some((other) => other.path === path && other.sha256 !== sha256),
      )
      .map(
        ({ path, stepKey }) => `${path}: published by ${stepKey}, and otherwise by another step`,
      ),
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

/**
 * Each HTTP target did each effect once, whatever it recognises, and none that is not on record. One
 * that an earlier round of a phase has had carried out is taken over by the next.
 */
export const postsOnce: Invariant = ({ runs, records, carried, recognisedCount }) => {
  const done = doneBy(records, 'publish_http');
  const times = new Map<string, number>();
  for (const { key } of carried) times.set(key, (times.get(key) ?? 0) + 1);
  const violations = [
    ...[...times]
      .filter(([, count]) => count > 1)
      .map(([key, count]) => `${key}: carried out ${count} times`),
    ...done
      .filter((effect) =>
        done.some(
          (same) =>
            isSame(effect, same) && same.stepKey < effect.stepKey && times.has(same.stepKey),
        ),
      )
      .filter(({ stepKey }) => times.has(stepKey))
      .map(
        ({ stepKey }) => `${stepKey}: carried out although another round of its phase had it done`,
      ),
    ...[...times.keys()]
      .filter((key) => !records.effects.some(({ stepKey }) => stepKey === key))
      .map((key) => `${key}: carried out, and not on record`),
    ...done
      .filter((effect) => !done.some((same) => isSame(effect, same) && times.has(same.stepKey)))
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

/** With the same input by the same run: in another round, since no phase declares one twice. */
const isSame = (one: EffectRow, other: EffectRow): boolean =>
  one.runKey === other.runKey && one.inputSha256 === other.inputSha256;

function missing(
  runs: Evidence['runs'],
  records: Evidence['records'],
  done: EffectRow[],
  declared: 'filesCount' | 'postsCount',
  what: string,
): string[] {
  return runs.flatMap((planned) => {
    const run = records.runs.find(({ key }) => key === planned.key);
    if (run === undefined || !run.status.startsWith('completed')) return [];
    const own = done.filter(({ runKey }) => runKey === run.runKey);
    const count = new Set(own.map(({ inputSha256 }) => inputSha256)).size;
    // An agent that starts over may ask for something else than before.
    return count >= planned[declared]
      ? []
      : [`${planned.key}: ${count} ${what} instead of ${planned[declared]}`];
  });
}
