/** Every citation names something that the inputs have: an object with that `id`. */
import { type Check, type CheckProblem, visitObjects } from './check';

/** Ids written into running text, such as [F3]. */
const IN_TEXT = /\[([A-Z]{1,3}\d+)\]/g;

export const citationsResolve: Check = async ({ output, inputs }) => {
  const ids = new Set<string>();
  visitObjects(inputs, (object) => {
    if (typeof object.id === 'string') ids.add(object.id);
  });
  const problems: CheckProblem[] = [];
  const check = (id: string, path: string) => {
    if (!ids.has(id))
      problems.push({
        path,
        message: `cites "${id}", which no input has; there are ${[...ids].join(', ') || 'none'}`,
      });
  };
  visitObjects(output, (object, path) => {
    for (const [name, value] of Object.entries(object)) {
      if (name === 'citations' && Array.isArray(value))
        value.forEach((id, index) => {
          check(String(id), `${path}/citations/${index}`);
        });
      if (typeof value === 'string')
        for (const [, id] of value.matchAll(IN_TEXT)) check(String(id), `${path}/${name}`);
    }
  });
  return { problems, corrections: [] };
};
