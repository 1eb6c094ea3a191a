/**
 * What is to become of each class of garbage: written down, and committed, before the campaign ran
 * for the first time. `npm run experiment:garbage` and `test/chaos/garbage.test.ts` hold Tuesday to it.
 */
import type { HandoffFailureKind } from '../../contracts/failures';

export interface ExpectedVerdict {
  /** `accepted`: it is valid by everything that the team declares, and is handed on. */
  verdict: 'accepted' | HandoffFailureKind;
  /** Of what is rejected: one more turn with the validator's report, or another round at once. */
  next: 'handed_on' | 'repair_turn' | 'another_round';
  /** What an answer of this class is, and why that is its verdict. */
  why: string;
}

const accepted = (why: string): ExpectedVerdict => ({
  verdict: 'accepted',
  next: 'handed_on',
  why,
});
const repaired = (verdict: HandoffFailureKind, why: string): ExpectedVerdict => ({
  verdict,
  next: 'repair_turn',
  why,
});
const roundOver = (verdict: HandoffFailureKind, why: string): ExpectedVerdict => ({
  verdict,
  next: 'another_round',
  why,
});

export const VERDICTS = {
  truncated_json: repaired('format_violation', 'JSON that stops anywhere before its end.'),
  malformed_json: repaired(
    'format_violation',
    'Commas too many, quotes too few, comments, Python’s literals: no JSON.',
  ),
  not_json: repaired('format_violation', 'Prose, a web page, YAML, a stack trace, base64.'),
  two_values: repaired('format_violation', 'Several JSON values, or JSON and prose.'),
  wrong_root: repaired('format_violation', 'A list, a string of JSON, a number, true, null.'),
  wrong_types: repaired('format_violation', 'A property of another type than the contract’s.'),
  missing_fields: repaired('missing_fields', 'Nothing wrong but a required property missing.'),
  empty_object: repaired('missing_fields', 'An object without any property.'),
  extra_fields: repaired(
    'format_violation',
    'A property that the contract does not have, `__proto__` among them: it is closed.',
  ),
  out_of_bounds: repaired(
    'format_violation',
    'A number outside its bounds or beyond all numbers (1e999), a list that is too short.',
  ),
  hollow: repaired(
    'format_violation',
    'Every text and every list is empty: the contracts of the report team ask for content.',
  ),
  schema_echo: repaired('format_violation', 'The JSON Schema itself instead of a value for it.'),
  empty: roundOver(
    'empty_output',
    'Nothing, or white space: it cannot stand in a conversation, so there is no repair turn.',
  ),
  control_characters: repaired(
    'format_violation',
    'Controls and lone surrogates in a text, escaped or raw: no text has them, and neither databases nor terminals take them.',
  ),
  deep_nesting: repaired('format_violation', 'Fifty thousand lists in each other.'),
  megabyte_text: roundOver(
    'format_violation',
    '1 MB of prose: more than the tokens that were asked for can be; nobody pays to send it back.',
  ),
  megabyte_json: roundOver(
    'format_violation',
    'Valid JSON of 1 MB: the same, since the next agents would have it in their prompts.',
  ),
  markdown_fence: accepted(
    'The JSON in one fence of Markdown and nothing else: what is meant is beyond doubt, and what is in it is validated like any other answer.',
  ),
  markdown_and_prose: repaired(
    'format_violation',
    'A fence with words around it: which part is the answer is a guess.',
  ),
  duplicate_keys: accepted('A property given twice is valid JSON, of which the last counts.'),
  nonsense_citations: repaired(
    'check_failed',
    'Fits the schema, but quotes what stands in no document, or cites findings that there are not: `quotesExist`, `citationsResolve`.',
  ),
  citations_in_text: repaired(
    'check_failed',
    'Fits the schema, but its running text cites findings that there are not: `citationsResolve`.',
  ),
  wrong_language: accepted(
    'Valid in all that the report team declares: no check of it asks for a language, so Tuesday hands it on. A team that must not have that needs a check for it, or a reviewer.',
  ),
  nonsense_words: accepted(
    'Words without sense where the contract asks for a text: code cannot tell. Quotes and citations hold, and the reviewing phase is there for the rest.',
  ),
  injected_markup: accepted(
    'Text that looks like the marks of a prompt is a text like any other; it reaches the next agent written so that it marks nothing.',
  ),
} as const satisfies Record<string, ExpectedVerdict>;

export type GarbageClass = keyof typeof VERDICTS;
export const GARBAGE_CLASSES = Object.keys(VERDICTS) as GarbageClass[];
