/** JSON values for reading: one field a line, texts as they are, JSON inside texts opened. */

export function renderValue(value: unknown): string {
  const opened = openIfJson(value);
  if (Array.isArray(opened))
    return opened.length === 0 ? '[]' : opened.map((member) => `- ${hang(member)}`).join('\n');
  if (typeof opened === 'object' && opened !== null) return renderFields(opened);
  return String(opened);
}

export const indent = (text: string): string => text.replace(/^/gm, '  ');

function renderFields(value: object): string {
  const fields = Object.entries(value);
  if (fields.length === 0) return '{}';
  return fields
    .map(([name, member]) => {
      const text = renderValue(member);
      const isBlock = text.includes('\n') || (typeof member === 'object' && !isEmpty(member));
      return isBlock ? `${name}:\n${indent(text)}` : `${name}: ${text}`;
    })
    .join('\n');
}

/** The first line beside the dash, the others below it. */
const hang = (value: unknown): string => indent(renderValue(value)).trimStart();

const isEmpty = (value: object | null): boolean =>
  value === null || Object.keys(value).length === 0;

/** Agents hand each other JSON as text; a reader wants to see what is in it. */
function openIfJson(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
