/** How a run ended, for people. */
import { join } from 'node:path';
import type { RunResult } from '../../contracts/views';
import { RUN_FILE } from '../export';
import { printable } from './table';
import { money } from './units';

/** @param published files as exported to `out`, absolute; else their place below the publish root is named */
export function renderResult(
  result: RunResult,
  published: readonly string[] | undefined,
  out: string | undefined,
): string {
  const { run, status, explanation, provider, costs, limitations } = result;
  const files = published ?? result.published.map(({ path }) => `${path} (in the publish folder)`);
  return [
    `${run}: ${status}`,
    explanation,
    `cost: ${money(costs)}; answered by ${provider}`,
    ...limitations.map(({ kind, phase, detail }) =>
      printable(`limitation: ${kind}${phase ? ` in ${phase}` : ''}${detail ? `: ${detail}` : ''}`),
    ),
    ...files.map((file) => `published: ${file}`),
    out === undefined
      ? `\`tuesday result ${run} --out DIR\` writes everything into a folder.`
      : `everything else: ${join(out, RUN_FILE)}`,
  ].join('\n');
}
