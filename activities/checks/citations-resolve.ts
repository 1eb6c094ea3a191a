/** Every citation names something that the inputs have: an object with that `id`. */
import { type Check, type CheckProblem, escapePointer, visitObjects } from './check';

/** What may be an id written into running text, such as [F3]; or a name, such as [RFC2119]. */
const IN_TEXT = /\[([A-Za-z]{1,3})(\d+)\]/g;

export const citationsResolve: Check = async ({ output, inputs }) => {
  const ids = new Set<string>();
  visitObjects(inputs, (object) => {
    if (typeof object.id === 'string') ids.add(object.id);
  });
  // In running text only what looks like one of the ids that there are is taken for a citation.
  const kinds = new Set([...ids].map((id) => id.replace(/\d+$/, '')));
  const problems: CheckProblem[] = [];
  const check = (id: string, path: string) => {
    if (!ids.has(id))
      problems.push({
        path,
        message: `cites "${id}", which no input has; there are ${[...ids].join(', ') || 'none'}`,
      });
  };
  const checkText = (text: unknown, path: string) => {
    if (typeof text !== 'string') return;
    for (const [, letters = '', number] of text.matchAll(IN_TEXT))
      if (kinds.has(letters)) check(letters + number, path);
  };
  visitObjects(output, (object, path) => {
    for (const [name, value] of Object.entries(object)) {
      const at = `${path}/${escapePointer(name)}`;
      checkText(value, at);
      if (Array.isArray(value))
        value.forEach((member, index) => {
          if (name === 'citations') check(String(member), `${at}/${index}`);
          else checkText(member, `${at}/${index}`);
        });
    }
  });
  return { problems, corrections: [] };
};
