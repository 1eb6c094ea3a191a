import type { Schema } from '../json-schema/supported';
import { merge } from './shape';

/** What a validator's report says about an earlier answer, by path into it. */
export interface Faults {
  /** How often a path was named, e.g. `/findings/3/quote`. */
  counts: Map<string, number>;
  /** What must hold at a path from now on, where the report says it in a validator's words. */
  demands: Map<string, Schema>;
}

const PATH = /(?<![\w.:/])(?:\/[\w~-]+)+/g;

/** The wording of ajv's messages, and the keyword that each stands for. */
const DEMANDS: [RegExp, (limit: number) => Schema][] = [
  [/NOT have fewer than (\d+) items/, (limit) => ({ minItems: limit })],
  [/NOT have more than (\d+) items/, (limit) => ({ maxItems: limit })],
  [/NOT have fewer than (\d+) characters/, (limit) => ({ minLength: limit })],
  [/NOT have more than (\d+) characters/, (limit) => ({ maxLength: limit })],
  [/must be >= (-?[\d.]+)/, (limit) => ({ minimum: limit })],
  [/must be <= (-?[\d.]+)/, (limit) => ({ maximum: limit })],
  [/must be > (-?[\d.]+)/, (limit) => ({ exclusiveMinimum: limit })],
  [/must be < (-?[\d.]+)/, (limit) => ({ exclusiveMaximum: limit })],
];

export function readReports(reports: readonly string[]): Faults {
  const counts = new Map<string, number>();
  const demands = new Map<string, Schema>();
  for (const report of reports) {
    for (const path of new Set(report.match(PATH) ?? [])) {
      counts.set(path, (counts.get(path) ?? 0) + 1);
    }
    for (const line of report.split('\n')) {
      const path = line.match(PATH)?.[0];
      const demand = demandIn(line);
      if (path === undefined || demand === undefined) continue;
      demands.set(path, merge(demands.get(path) ?? {}, demand));
    }
  }
  return { counts, demands };
}

function demandIn(line: string): Schema | undefined {
  for (const [pattern, toSchema] of DEMANDS) {
    const limit = pattern.exec(line)?.[1];
    if (limit !== undefined) return toSchema(Number(limit));
  }
  return undefined;
}
