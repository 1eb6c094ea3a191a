/** The input of a fallback tool, made of the input of the call that failed. */
import Mustache from 'mustache';

/** A template that is one name and nothing else: it stands for the value, whatever its type. */
const ONE_NAME = /^\{\{\s*([\w-]+)\s*\}\}$/;

/** Strings of `template` are Mustache templates over `input`; without a template it is the input itself. */
export function fallbackInput(
  template: Record<string, unknown> | undefined,
  input: unknown,
): unknown {
  return template === undefined ? input : fill(template, (input ?? {}) as Record<string, unknown>);
}

function fill(template: unknown, input: Record<string, unknown>): unknown {
  if (typeof template === 'string') {
    const name = ONE_NAME.exec(template)?.[1];
    if (name !== undefined) return Object.hasOwn(input, name) ? input[name] : undefined;
    return new Mustache.Writer().render(template, input, undefined, { escape: String });
  }
  if (Array.isArray(template)) return template.map((member) => fill(member, input));
  if (typeof template !== 'object' || template === null) return template;
  const filled = Object.entries(template).map(([key, member]) => [key, fill(member, input)]);
  // What the failed call left out is left out here too.
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined));
}
