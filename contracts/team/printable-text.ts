/** Texts of an output are texts: documents have no such characters either once they are read. */
import type { Violation } from './contract';

/**
 * Control characters but tab and line ends, and halves of characters: terminals obey the ones,
 * databases refuse the others.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\p{Surrogate}/u;
const HEX_DIGITS = 4;

/** @param value not nested deeply: it is walked by recursion */
export function unprintableTexts(value: unknown, path = ''): Violation[] {
  if (typeof value === 'string') {
    const found = UNPRINTABLE.exec(value)?.[0];
    return found === undefined ? [] : [{ path, keyword: 'text', message: notOf(found) }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const at = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const found = UNPRINTABLE.exec(name)?.[0];
    const named = found === undefined ? [] : [{ path, keyword: 'text', message: notOf(found) }];
    return [...named, ...unprintableTexts(member, at)];
  });
}

function notOf(character: string): string {
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(HEX_DIGITS, '0');
  return `has the character U+${code}, which no text has; leave it out`;
}
