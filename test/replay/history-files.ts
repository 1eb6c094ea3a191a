/** The golden histories: `<workflow>__<scenario>__v<version>.json`, as a release recorded them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const HISTORIES = join(__dirname, 'histories');
/** Of one history, as minified JSON: what is larger does not belong into a repository. */
export const HISTORY_BYTES_MAX = 60_000;

export interface GoldenHistory {
  workflow: string;
  scenario: string;
  version: string;
  file: string;
  /** As Temporal's JSON form has it. */
  history: { events: Record<string, unknown>[] };
}

const FILE_NAME = /^(?<workflow>\w+)__(?<scenario>\w+)__v(?<version>\d+\.\d+\.\d+)\.json$/;

export const fileName = (workflow: string, scenario: string, version: string): string =>
  `${workflow}__${scenario}__v${version}.json`;

/** @throws where a file's name is not of that form */
export function goldenHistories(): GoldenHistory[] {
  return readdirSync(HISTORIES).map((file) => {
    const parts = FILE_NAME.exec(file)?.groups;
    if (!parts) throw new Error(`${file} is not named <workflow>__<scenario>__v<version>.json`);
    const { workflow = '', scenario = '', version = '' } = parts;
    const history = JSON.parse(readFileSync(join(HISTORIES, file), 'utf8'));
    return { workflow, scenario, version, file, history };
  });
}

/** Every string of a history, payloads decoded. */
export function decodedText(value: unknown): string {
  if (typeof value === 'string') return `${value}\n`;
  if (typeof value !== 'object' || value === null) return '';
  const { metadata, data } = value as { metadata?: unknown; data?: unknown };
  if (metadata !== undefined && typeof data === 'string')
    return `${Buffer.from(data, 'base64').toString('utf8')}\n`;
  return Object.values(value).map(decodedText).join('');
}
