/** What a server answers to a call, as JSON for an agent. */
import { z } from 'zod';
import { canonicalJson } from '../../../contracts/content';
import { MCP } from './limits';
import { cleanText } from './untrusted-text';

export const CallAnswer = z.looseObject({
  content: z.array(z.looseObject({ type: z.string() })).default([]),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  isError: z.boolean().optional(),
});
export type CallAnswer = z.output<typeof CallAnswer>;

/** What an agent gets of a result. */
export interface McpResult {
  /** Blocks of text, joined by line ends. */
  text?: string;
  /** The `structuredContent`. */
  data?: Record<string, unknown>;
  /** What cannot be read as text, named and sized; links are not followed. */
  attachments?: Record<string, unknown>[];
}

type Block = CallAnswer['content'][number];

export function toResult({ content, structuredContent }: CallAnswer): McpResult {
  const texts = content.flatMap((block) => textOf(block) ?? []);
  // The text of a structured result is that result once more, for clients that know no other.
  const text = texts.filter((part) => !isSame(part, structuredContent)).join('\n');
  const attachments = content.filter((block) => textOf(block) === undefined).map(attachmentOf);
  return {
    ...(text !== '' || (!structuredContent && attachments.length === 0) ? { text } : {}),
    ...(structuredContent ? { data: structuredContent } : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
  };
}

/** What the server says of an error, in its own words. */
export function errorText(answer: CallAnswer): string {
  const { text, data } = toResult(answer);
  const said = text || (data ? canonicalJson(data) : '') || 'the tool failed and does not say why';
  return cleanText(said, MCP.errorCharactersMax);
}

function textOf({ type, text }: Block): string | undefined {
  return type === 'text' && typeof text === 'string' ? text : undefined;
}

function isSame(text: string, structured: Record<string, unknown> | undefined): boolean {
  if (!structured) return false;
  try {
    return canonicalJson(JSON.parse(text)) === canonicalJson(structured);
  } catch {
    // A text like any other.
    return false;
  }
}

/** Of a link or resource; whatever else it says of itself is left out. */
const DESCRIBING = ['uri', 'name', 'title', 'description', 'mimeType', 'size'];

function attachmentOf(block: Block): Record<string, unknown> {
  const { type, data, resource } = block;
  const embedded = (typeof resource === 'object' ? (resource ?? {}) : {}) as Record<
    string,
    unknown
  >;
  const described = Object.entries({ ...block, ...embedded }).filter(
    ([key, value]) => DESCRIBING.includes(key) && ['string', 'number'].includes(typeof value),
  );
  const base64 = [data, embedded.blob].find((value) => typeof value === 'string');
  return {
    type,
    ...Object.fromEntries(described),
    ...(typeof embedded.text === 'string' ? { text: embedded.text } : {}),
    ...(typeof base64 === 'string' ? { bytes: Buffer.byteLength(base64, 'base64') } : {}),
  };
}
