import type { ModelCapabilities } from '../models';
import { sha256 } from '../random';
import type { Turn } from '../request/conversation';
import type { MessagesRequest } from '../request/schema';
import { estimateTokens } from '../tokens';
import type { AnswerBlock } from './index';

/**
 * The server tool `web_search` (API page 3.11). Nothing is searched: pages and quotes are invented,
 * say so, and stand below example.com.
 */

export interface WebCitation {
  type: 'web_search_result_location';
  cited_text: string;
  encrypted_index: string;
  title: string;
  url: string;
}

interface WebPage {
  type: 'web_search_result';
  url: string;
  title: string;
  encrypted_content: string;
  page_age: string | null;
}

export const WEB_SEARCH_ERRORS = [
  'invalid_tool_input',
  'unavailable',
  'max_uses_exceeded',
  'too_many_requests',
  'query_too_long',
  'request_too_large',
] as const;

export type WebSearchBlock =
  | {
      type: 'server_tool_use';
      id: string;
      name: 'web_search';
      input: { query: string };
      caller: { type: 'direct' };
    }
  | {
      type: 'web_search_tool_result';
      tool_use_id: string;
      content:
        | WebPage[]
        | {
            type: 'web_search_tool_result_error';
            error_code: (typeof WEB_SEARCH_ERRORS)[number];
          };
      caller: { type: 'direct' };
    };

const PAGES_COUNT = 3;
const QUERY_CHARS_MAX = 200;
/** What is read of a page is more than what is cited of it. */
const PAGE_TOKENS = 800;

/**
 * One search and what was found, or what is left of it where an earlier answer was paused in the
 * middle. Undefined where the web is not to be searched: no such tool, or others besides it, which
 * the simulator would rather call.
 */
export function webSearch(
  { tools = [], tool_choice }: MessagesRequest,
  turns: Turn[],
  question: string,
  digest: string,
): AnswerBlock[] | undefined {
  const isOnly = tools.length > 0 && tools.every((tool) => tool.type?.startsWith('web_search_'));
  if (!isOnly || tool_choice?.type === 'none') return undefined;
  const last = turns.at(-1);
  const paused = last?.role === 'assistant' ? last.blocks : [];
  const begun = paused.find((block) => block.type === 'server_tool_use');
  const query = String(begun?.input.query ?? question.slice(0, QUERY_CHARS_MAX));
  const id = begun?.id ?? `srvtoolu_${digest.slice(0, 24)}`;
  const caller = { type: 'direct' } as const;
  const pages = inventedPages(query);
  const isFound = paused.some((block) => block.type === 'web_search_tool_result');
  return [
    ...(begun
      ? []
      : [{ type: 'server_tool_use', id, name: 'web_search', input: { query }, caller } as const]),
    ...(isFound
      ? []
      : [{ type: 'web_search_tool_result', tool_use_id: id, content: pages, caller } as const]),
    {
      type: 'text',
      text: 'No web was searched: the simulator has made this up. ',
      citations: null,
    },
    ...pages
      .slice(0, 2)
      .map((page, index) => citing(page, `Invented statement ${index + 1} about ${query}.`)),
  ];
}

function inventedPages(query: string): WebPage[] {
  return Array.from({ length: PAGES_COUNT }, (_, index) => ({
    type: 'web_search_result',
    url: `https://example.com/invented/${sha256(query).slice(0, 8)}/${index + 1}`,
    title: `Invented page ${index + 1} about ${query}`,
    encrypted_content: `encrypted-${sha256(`${query}${index}`)}`,
    page_age: index === 0 ? 'April 30, 2026' : null,
  }));
}

const citing = ({ title, url }: WebPage, text: string): AnswerBlock => ({
  type: 'text',
  text,
  citations: [
    {
      type: 'web_search_result_location',
      cited_text: text,
      encrypted_index: `encrypted-${sha256(url)}`,
      title,
      url,
    },
  ],
});

/** A search that failed is free; the pages of one that did not are read as input. */
export function costOfSearch(
  blocks: readonly AnswerBlock[],
  model: ModelCapabilities,
): { requests: number; inputTokens: number } {
  const pages = blocks.flatMap((block) =>
    block.type === 'web_search_tool_result' && Array.isArray(block.content) ? [block.content] : [],
  );
  const inputTokens = pages
    .flat()
    .reduce((sum, { title }) => sum + PAGE_TOKENS + estimateTokens(title, model.denseTokenizer), 0);
  return { requests: pages.length, inputTokens };
}
