import type { z } from 'zod';
import { BETA_FIELDS } from '../betas';
import { ApiError, invalid } from '../errors';

/**
 * Checks a body against its schema and words the first fault as the API does: the path with the
 * tags of unions in it (`tools.18.custom.name`), then a sentence.
 */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown, betas: ReadonlySet<string>): T {
  const result = schema.safeParse(body, { reportInput: true });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue === undefined) throw invalid('Invalid request');
  const [path, sentence] = describe(issue, body);
  const betaOfField = BETA_FIELDS[path.join('.')];
  if (betaOfField?.some((beta) => betas.has(beta))) {
    throw new ApiError('api_error', `The simulator does not offer \`${path.join('.')}\`.`, {
      status: 501,
    });
  }
  throw invalid(path.length === 0 ? sentence : `${tagged(path, body).join('.')}: ${sentence}`);
}

type Path = PropertyKey[];
type Issue = z.core.$ZodIssue;

function describe(issue: Issue, body: unknown): [Path, string] {
  const value = at(body, issue.path);
  if (value === undefined && issue.code !== 'unrecognized_keys') {
    return [issue.path, 'Field required'];
  }
  switch (issue.code) {
    case 'unrecognized_keys':
      return [[...issue.path, issue.keys[0] ?? ''], 'Extra inputs are not permitted'];
    case 'invalid_type':
      return [
        issue.path,
        `Input should be a valid ${TYPE_WORDS[issue.expected] ?? issue.expected}`,
      ];
    case 'invalid_value':
      return [issue.path, `Input should be ${alternatives(issue.values)}`];
    case 'too_small':
      return [
        issue.path,
        bound(issue.origin, 'at least', 'greater than or equal to', issue.minimum),
      ];
    case 'too_big':
      return [issue.path, bound(issue.origin, 'at most', 'less than or equal to', issue.maximum)];
    case 'invalid_union':
      return describeUnion(issue, body);
    default:
      return [issue.path, issue.message];
  }
}

/** A union either has a tag that fits none, or alternatives of which one came closest. */
function describeUnion(issue: z.core.$ZodIssueInvalidUnion, body: unknown): [Path, string] {
  if (issue.discriminator !== undefined) {
    return [
      issue.path.slice(0, -1),
      `Input tag '${String(at(body, issue.path))}' found using '${issue.discriminator}' does not match any of the expected tags`,
    ];
  }
  const closest = issue.errors.find((errors) => errors[0]?.path.length !== 0);
  const first = closest?.[0];
  if (first === undefined) return [issue.path, 'Input should be a valid string or list'];
  return describe({ ...first, path: [...issue.path, ...first.path] } as Issue, body);
}

const TYPE_WORDS: Record<string, string> = {
  int: 'integer',
  // All numbers of a request are whole.
  number: 'integer',
  record: 'dictionary',
  object: 'dictionary',
  array: 'list',
};

function bound(origin: string, amount: string, comparison: string, limit: number | bigint): string {
  if (origin === 'string') {
    return `String should have ${amount} ${limit} character${limit === 1 ? '' : 's'}`;
  }
  if (origin === 'array')
    return `List should have ${amount} ${limit} item${limit === 1 ? '' : 's'}`;
  return `Input should be ${comparison} ${limit}`;
}

function alternatives(values: readonly unknown[]): string {
  const words = values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
  const last = words.pop() ?? '';
  return words.length === 0 ? last : `${words.join(', ')} or ${last}`;
}

function at(value: unknown, path: Path): unknown {
  let current: unknown = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

/** Fields whose value, and lists whose items, are unions with a tag that the API puts into paths. */
const TAGGED_FIELDS = new Set<PropertyKey>(['thinking', 'tool_choice', 'source', 'cache_control']);
const TAGGED_LISTS = new Set<PropertyKey>(['content', 'tools']);

function tagged(path: Path, body: unknown): string[] {
  const words: string[] = [];
  path.forEach((key, index) => {
    words.push(String(key));
    const isTagged =
      TAGGED_FIELDS.has(key) ||
      (typeof key === 'number' && TAGGED_LISTS.has(path[index - 1] ?? ''));
    const holder = isTagged ? at(body, path.slice(0, index + 1)) : undefined;
    if (typeof holder !== 'object' || holder === null || index === path.length - 1) return;
    const tag = (holder as { type?: unknown }).type;
    if (typeof tag === 'string') words.push(tag);
    else if (path[index - 1] === 'tools') words.push('custom');
  });
  return words;
}
