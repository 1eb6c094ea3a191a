import { PATTERN_REPEAT_COUNT_MAX } from '../limits';

/** Why a regular expression is not taken, or `undefined`. */
export function patternFault(pattern: string): string | undefined {
  if (/\(\?<?[=!]/.test(pattern)) return 'look-around is not supported';
  if (/\\[bB]/.test(pattern)) return 'word boundaries are not supported';
  if (/\\[1-9]|\\k</.test(pattern)) return 'back-references are not supported';
  for (const [, from, to] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    if (Math.max(Number(from), Number(to || 0)) > PATTERN_REPEAT_COUNT_MAX) {
      return 'large repeats are not supported';
    }
  }
  try {
    new RegExp(pattern, 'u');
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return 'is not a valid regular expression';
    throw error;
  }
}
