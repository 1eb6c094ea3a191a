/** Puts artifacts that refer to others together for a person: every `…Sha256` gets its content beside it. */
import { type ContentStore, getText } from '../contracts/content';

/** Requests refer to responses, which refer to nothing; deeper is not ours. */
const DEPTH_MAX = 3;

export async function expand(content: ContentStore, sha256: string, depth = 0): Promise<unknown> {
  const text = await getText(content, sha256);
  const value = parse(text);
  return depth < DEPTH_MAX ? expandValue(content, value, depth + 1) : value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not every artifact is JSON: a text is shown as it is.
    return text;
  }
}

async function expandValue(content: ContentStore, value: unknown, depth: number): Promise<unknown> {
  if (Array.isArray(value))
    return Promise.all(value.map((member) => expandValue(content, member, depth)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = await Promise.all(
    Object.entries(value).map(async ([name, member]) =>
      name.endsWith('Sha256') && typeof member === 'string'
        ? [name.slice(0, -'Sha256'.length), await expand(content, member, depth)]
        : [name, await expandValue(content, member, depth)],
    ),
  );
  return Object.fromEntries(entries);
}
