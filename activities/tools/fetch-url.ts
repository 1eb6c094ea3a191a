import { lookup as dnsLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { z } from 'zod';
import { FETCH, type FetchLimits } from '../../contracts/limits';
import { type HttpSource, type Sources, sourcesOf } from '../../contracts/sources';
import type { ExtractionPool } from '../documents/extraction-pool';
import type { ProblemKind } from '../documents/extraction-problem';
import { getPage, type Page, parsePageUrl } from './fetch/get-page';
import { type Tool, ToolError, type ToolErrorKind } from './tool';
import { zodValue } from './tool-value';

const FetchUrlInput = z.strictObject({
  url: z
    .string()
    .min(1)
    .max(FETCH.urlCharactersMax)
    .describe('The whole URL of a page or file, with http:// or https://.'),
  from: z
    .int()
    .min(0)
    .default(0)
    .describe('Where to read on in a text that was cut: the `cut.next` of the last result.'),
});
type FetchUrlInput = z.infer<typeof FetchUrlInput>;

export interface FetchUrlResult {
  /** Where redirects led. */
  url: string;
  /** The installation's source that was read, where it was one. */
  source?: string;
  title?: string;
  mediaType: string;
  /** What is readable of it: of HTML and PDF the text, of anything else the whole. */
  text: string;
  /** The text goes on: where, and how long it is, in characters. */
  cut?: { next: number; characters: number };
}

export interface FetchUrlDeps {
  sources: Sources;
  /** Threads that turn bytes into text. */
  pool: Pick<ExtractionPool, 'extract'>;
  /** Default that of `node:dns`. */
  lookup?: LookupFunction;
  /** Default `FETCH`. */
  limits?: Partial<FetchLimits>;
}

/** Reads pages at public addresses, and at those of the installation's `http` sources. */
export function fetchUrlTool(deps: FetchUrlDeps): Tool<FetchUrlInput> {
  const sources = sourcesOf(deps.sources, 'http');
  const limits = { ...FETCH, ...deps.limits };
  const lookup = deps.lookup ?? (dnsLookup as LookupFunction);

  return {
    name: 'fetch_url',
    description: `Fetches a page or file from the web and returns its readable text (HTML, PDF, Word, plain text, CSV, JSON, XML). Long texts come in parts: ask again with \`from\`.${servers(sources)}`,
    input: zodValue(FetchUrlInput),
    effect: 'none',
    resultsFit: true,
    source: ({ url }) => (URL.canParse(url) ? sourceOf(new URL(url), sources) : undefined),

    async run({ url: text, from }, { signal }): Promise<FetchUrlResult> {
      const url = parsePageUrl(text);
      const source = sourceOf(url, sources);
      const origin = source === undefined ? undefined : sources[source]?.origin;
      const time = AbortSignal.timeout(limits.totalMs);
      const either = AbortSignal.any([signal, time]);
      try {
        const page = await getPage({ url, origin, signal: either, limits, lookup });
        const read = await textOf(page, either);
        return { ...(source === undefined ? {} : { source }), ...part(read, from) };
      } catch (error) {
        if (signal.aborted || !time.aborted) throw error;
        throw new ToolError('timeout', `was not read within ${limits.totalMs} ms`);
      }
    },
  };

  async function textOf({ url, type, body }: Page, signal: AbortSignal): Promise<WholePage> {
    const { mediaType, readAs, charset } = type;
    const answer = await deps.pool.extract(body, readAs, signal, charset);
    if ('problem' in answer) {
      const { kind, reason } = answer.problem;
      throw new ToolError(ERROR_OF[kind], reason, { retryable: false });
    }
    const text = Buffer.from(answer.text).toString('utf8');
    const { title } = answer;
    return { url: url.href, ...(title === undefined ? {} : { title }), mediaType, text };
  }

  function part(page: WholePage, from: number): WholePage & Pick<FetchUrlResult, 'cut'> {
    const { length } = page.text;
    if (from > 0 && from >= length)
      throw new ToolError('invalid_input', `has ${length} characters: nothing is at ${from}`);
    // A character that takes two units is not torn apart.
    const text = page.text
      .slice(from, from + limits.textCharactersMax)
      .replace(/[\ud800-\udbff]$/, '');
    const next = from + text.length;
    return { ...page, text, ...(next < length ? { cut: { next, characters: length } } : {}) };
  }
}

type WholePage = Omit<FetchUrlResult, 'source' | 'cut'>;
type HttpSources = Readonly<Record<string, HttpSource>>;

/** What the page turns out to be, whoever asks for it again. */
const ERROR_OF: Record<ProblemKind, ToolErrorKind> = {
  unknown_type: 'rejected',
  not_text: 'rejected',
  damaged: 'rejected',
  encrypted: 'rejected',
  no_text: 'rejected',
  too_long: 'too_large',
  timeout: 'timeout',
  memory: 'too_large',
};

function sourceOf({ origin }: URL, sources: HttpSources): string | undefined {
  return Object.entries(sources).find(([, source]) => source.origin === origin)?.[0];
}

function servers(sources: HttpSources): string {
  const named = Object.entries(sources).map(([name, { origin }]) => `${name}: ${origin}`);
  return named.length > 0 ? ` Besides the public web it reaches ${named.join(', ')}.` : '';
}
