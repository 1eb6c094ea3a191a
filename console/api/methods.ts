/** Which methods a path takes, as the API's own description has it. */

interface Description {
  paths?: Record<string, object>;
}

/** @returns the methods in capitals; none for a path that there is not */
export function allowedMethods({ paths = {} }: Description, path: string): string[] {
  const matching = Object.keys(paths).filter((template) => matches(template, path));
  // A path that is written out stands before one with parts that are open.
  const templates = matching.includes(path) ? [path] : matching;
  const methods = templates.flatMap((template) =>
    Object.keys(paths[template] ?? {}).map((method) => method.toUpperCase()),
  );
  if (methods.includes('GET')) methods.push('HEAD');
  return [...new Set(methods)].sort();
}

/** `/v1/runs/{id}` takes any one part for `{id}`. */
function matches(template: string, path: string): boolean {
  const expected = template.split('/');
  const parts = path.split('/');
  return (
    expected.length === parts.length &&
    expected.every((part, index) =>
      part.startsWith('{') ? parts[index] !== '' : part === parts[index],
    )
  );
}
