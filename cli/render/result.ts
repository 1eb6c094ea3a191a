/** How a run ended, for people. */
import { join } from 'node:path';
import { RUN_FILE } from '../../contracts/export-files';
import type { RunResult } from '../../contracts/views';
import { command } from '../called-as';
import { oneLine } from './printable';
import { money } from './units';

export interface ResultFiles {
  /** Published files, as paths for people. */
  published: readonly string[];
  /** The export folder, where one was asked for. */
  out?: string;
}

export function renderResult(result: RunResult, { published, out }: ResultFiles): string {
  const { run, status, explanation, provider, costs, limitations } = result;
  return [
    `${run}: ${status}`,
    explanation,
    `cost: ${money(costs)}; answered by ${provider}`,
    ...limitations.map(({ kind, phase, detail }) =>
      oneLine(`limitation: ${kind}${phase ? ` in ${phase}` : ''}${detail ? `: ${detail}` : ''}`),
    ),
    ...published.map((file) => `published: ${file}`),
    out === undefined
      ? `\`${command(`result ${run} --out DIR`)}\` writes everything into a folder.`
      : `everything else: ${join(out, RUN_FILE)}`,
  ].join('\n');
}
