/** The running text of the report team's outputs: what garbage may change without touching ids, quotes and choices. */

const PROSE = new Set([
  'claim',
  'statement',
  'text',
  'summary',
  'abstract',
  'title',
  'heading',
  'openQuestions',
  'gaps',
  'comments',
]);

export type Output = Record<string, unknown>;

/** @param change gets each text and how many came before it */
export function withProse(output: Output, change: (text: string, index: number) => string): Output {
  let count = 0;
  const changed = (value: unknown, isProse: boolean): unknown => {
    if (typeof value === 'string') return isProse ? change(value, count++) : value;
    if (Array.isArray(value)) return value.map((member) => changed(member, isProse));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, changed(member, PROSE.has(name))]),
    );
  };
  return changed(output, false) as Output;
}

/** The same with a marker in its first text, by which it is known wherever it turns up. */
export function marked(output: Output, marker: string): Output {
  // An approving review has nothing to say.
  const said = Array.isArray(output.comments) ? { ...output, comments: ['Fine.'] } : output;
  return withProse(said, (text, index) => (index === 0 ? `${text} ${marker}` : text));
}
