/** The blocks between tags in which a task states its parts, e.g. `<question>…</question>`. */
export interface TextBlock {
  tag: string;
  attributes: Record<string, string>;
  body: string;
}

const BLOCK = /<([a-z][\w-]*)((?:\s+[\w-]+="[^"]*")*)\s*>([\s\S]*?)<\/\1>/gi;

export function blocksIn(text: string): TextBlock[] {
  return [...text.matchAll(BLOCK)].map(([, tag = '', attributes = '', body = '']) => ({
    tag: tag.toLowerCase(),
    attributes: Object.fromEntries(
      [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    ),
    body,
  }));
}

/** What stands outside of all blocks. */
export const withoutBlocks = (text: string): string => text.replace(BLOCK, ' ').trim();

/** One name a line, with or without a list mark, or a JSON list. */
export function namesIn(body: string): string[] {
  const parsed = parseJson(body.trim());
  if (Array.isArray(parsed)) {
    return parsed.flatMap((entry) => {
      if (typeof entry === 'string') return [entry];
      const name = (entry as { name?: unknown } | null)?.name;
      return typeof name === 'string' ? [name] : [];
    });
  }
  return (
    body
      .split('\n')
      .map((line) => line.replace(/^\s*(?:[-*]|\d+[.)])\s+/, '').trim())
      .map((line) => line.replace(/\s+\([^()]*\b(?:lines?|words?|pages?|bytes|[KM]B)\)$/, ''))
      // "(and 12 more)" is no name.
      .filter((line) => line !== '' && !/^\(.*\)$/.test(line))
  );
}

/** `undefined` for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
