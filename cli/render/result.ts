/** How a run ended, for people. */
import { join } from 'node:path';
import { RUN_FILE } from '../../contracts/export-files';
import type { RunResult } from '../../contracts/views';
import { command } from '../called-as';
import { limitationLine } from './limitation';
import { howSure, whatTheyHold } from './outputs';
import { oneLine } from './printable';
import { recoveriesOfResult } from './recoveries';
import { money } from './units';

const LEFT_OUT_SHOWN_MAX = 10;

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
    ...known(result),
    ...limitations.map((limitation) => oneLine(`limitation: ${limitationLine(limitation)}`)),
    ...(result.recoveries.length > 0 ? [oneLine(`recoveries: ${recoveriesOfResult(result)}`)] : []),
    ...leftOut('unavailable', result.unavailableDocuments),
    ...leftOut('skipped', result.skippedFiles),
    ...result.withheld.map(({ phase, tool, inputSha256 }) =>
      oneLine(`withheld: ${tool} of ${phase}, \`${command(`artifact ${inputSha256}`)}\` shows it`),
    ),
    ...Object.entries(result.partialOutputs).map(([phase, { sha256 }]) =>
      oneLine(`partial output: of ${phase}, \`${command(`artifact ${sha256}`)}\` shows it`),
    ),
    ...published.map((file) => `published: ${file}`),
    out === undefined
      ? `\`${command(`result ${run} --out DIR`)}\` writes everything into a folder.`
      : `everything else: ${join(out, RUN_FILE)}`,
  ].join('\n');
}

function known({ outputs }: RunResult): string[] {
  const phases = Object.entries(outputs).map(([name, output]) => ({ ...output, name }));
  const [sure, holds] = [howSure(phases), whatTheyHold(phases)];
  return [...(sure ? [`confidence: ${sure}`] : []), ...(holds ? [`holds: ${holds}`] : [])];
}

/** Documents without a text, with the reasons; all of them are in the result as JSON. */
function leftOut(what: string, documents: RunResult['skippedFiles']): string[] {
  const shown = documents.slice(0, LEFT_OUT_SHOWN_MAX);
  const more = documents.length - shown.length;
  return [
    ...shown.map(({ name, reason }) => oneLine(`${what}: ${name} ${reason}`)),
    ...(more > 0 ? [`${what}: ${more} more, listed with --json`] : []),
  ];
}
