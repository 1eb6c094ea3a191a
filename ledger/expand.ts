/** Puts artifacts that refer to others together for a person: every `…Sha256` gets its content beside it. */
import { type ContentStore, getText, Sha256 } from '../contracts/content';
import { UserError } from '../contracts/errors';

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
      name.endsWith('Sha256') && Sha256.safeParse(member).success
        ? referred(content, name, member as Sha256, depth)
        : [name, await expandValue(content, member, depth)],
    ),
  );
  return Object.fromEntries(entries);
}

/** Models and tools may use such names too: what is no artifact of ours stays as it is. */
async function referred(content: ContentStore, name: string, sha256: Sha256, depth: number) {
  try {
    return [name.slice(0, -'Sha256'.length), await expand(content, sha256, depth)];
  } catch (error) {
    if (error instanceof UserError && error.kind === 'not_found') return [name, sha256];
    throw error;
  }
}
