/**
 * How a prompt marks its parts: a tag around each. What stands between the tags comes from people,
 * documents, models and tools, and can neither close its own part nor open another: in JSON `<` is
 * written `\u003c`, which decodes to the same string, so that quotes stay verbatim; in plain text
 * the `<` of anything that looks like a tag is written `&lt;`.
 */

/** Around what a tool gave back; the system prompt says what it means. */
export const TOOL_DATA_TAG = 'untrusted_data';

export function textPart(tag: string, text: string): string {
  return part(tag, {}, withoutTags(text));
}

/** @param json JSON text, whole or cut off */
export function jsonPart(tag: string, attributes: Record<string, string>, json: string): string {
  return part(tag, attributes, json.replaceAll('<', '\\u003c'));
}

export function withoutTags(text: string): string {
  return text.replace(/<(?=[a-z/!?])/gi, '&lt;');
}

function part(tag: string, attributes: Record<string, string>, body: string): string {
  const named = Object.entries(attributes).map(([name, value]) => ` ${name}="${attribute(value)}"`);
  return `<${tag}${named.join('')}>\n${body}\n</${tag}>`;
}

const attribute = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
