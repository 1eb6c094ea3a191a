/**
 * What can be known of a phase's effects before money is spent on their content: that their tools
 * change something, that their templates can be rendered, that what is no template fits the tool,
 * and that no two publish the same file.
 */
import Mustache from 'mustache';
import { isTakenByExport } from '../export-files';
import { EFFECT_DEPTH_MAX } from '../limits';
import type { InstalledTools } from '../tools';
import { violations } from './contract';
import { type TeamProblem, unknownTool } from './problems';
import { isObject } from './references';
import { type JsonSchema, Phase } from './schema';

/** A phase as it was sent: only what is well formed of it is looked at. */
type RawPhase = Record<string, unknown>;

/** What templates may name; docs/teams.md lists it. */
const VIEW = ['question', 'output', 'inputs', 'limitations', 'run'];
/** Of one template; a template may hold a hundred thousand names, of any length. */
const UNKNOWN_NAMES_MAX = 10;
const MESSAGE_CHARACTERS_MAX = 300;
const RUN_FIELDS = ['id', 'provider'];

export function checkEffects(phases: readonly RawPhase[], known: InstalledTools): TeamProblem[] {
  const files: PublishedPath[] = [];
  const problems = phases.flatMap((phase, index) =>
    (Phase.shape.effects.safeParse(phase.effects).data ?? []).flatMap((effect, position) => {
      const path = `phases/${index}/effects/${position}`;
      if (!known.tools.includes(effect.tool))
        return [{ path: `${path}/tool`, message: unknownTool(effect.tool, known.tools) }];
      const schema = known.effects[effect.tool];
      if (!Object.hasOwn(known.effects, effect.tool) || !schema)
        return [{ path: `${path}/tool`, message: notAnEffect(effect.tool, known) }];
      if (effect.tool === 'publish_file' && isLiteral(effect.input.path))
        files.push({ at: `${path}/input/path`, path: effect.input.path });
      const templates = templatesIn(effect.input, '', 0);
      return [
        ...templates.flatMap((template) => checkTemplate(template, `${path}/input`, phase)),
        ...checkInput(effect.input, schema, `${path}/input`, templates),
      ];
    }),
  );
  return [...problems, ...checkPaths(files)];
}

const notAnEffect = (tool: string, { effects }: InstalledTools): string =>
  `"${tool}" changes nothing outside, so it is no effect; there are ${Object.keys(effects).join(', ')}`;

/** A string of an effect's input that is not taken as it stands. */
interface Template {
  /** JSON pointer below the input. */
  path: string;
  text: string;
}

type Token = [type: string, value: string, start: number, end: number, ...rest: unknown[]];

/** A writer of its own: the shared one keeps every template it has ever seen. */
const parse = (text: string): Token[] => new Mustache.Writer().parse(text) as Token[];

/** Every string with tags, as far down as an input may nest. */
function templatesIn(value: unknown, path: string, depth: number): Template[] {
  if (typeof value === 'string') return isLiteral(value) ? [] : [{ path, text: value }];
  if (typeof value !== 'object' || value === null || depth > EFFECT_DEPTH_MAX) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    templatesIn(member, `${path}/${pointerPart(key)}`, depth + 1),
  );
}

const pointerPart = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');

const isLiteral = (value: unknown): value is string =>
  typeof value === 'string' && !value.includes('{{');

function checkTemplate({ path, text }: Template, at: string, phase: RawPhase): TeamProblem[] {
  const problem = (message: string): TeamProblem[] => [
    { path: at + path, message: message.slice(0, MESSAGE_CHARACTERS_MAX) },
  ];
  let tokens: Token[];
  try {
    tokens = parse(text);
  } catch (error) {
    return problem(`is not a template: ${(error as Error).message}`);
  }
  const structure = structureProblem(tokens, 0);
  if (structure) return problem(structure);
  const unknown = new Set(tokens.flatMap((token) => nameProblem(token, phase) ?? []));
  return [...unknown].slice(0, UNKNOWN_NAMES_MAX).flatMap(problem);
}

function structureProblem(tokens: Token[], depth: number): string | undefined {
  if (depth > EFFECT_DEPTH_MAX) return `nests its sections deeper than ${EFFECT_DEPTH_MAX}`;
  for (const [type, name, , , members] of tokens) {
    if (type === '>') return `names the partial "${name}": there are none`;
    const inner = Array.isArray(members) && structureProblem(members as Token[], depth + 1);
    if (inner) return inner;
  }
  return undefined;
}

/** Outside of sections a name can only mean a part of the view. */
function nameProblem([type, name]: Token, phase: RawPhase): string | undefined {
  if (!['name', '&', '#', '^'].includes(type)) return undefined;
  const [root = '', field] = name.split('.');
  if (!VIEW.includes(root))
    return `names "${name}", which is none of ${VIEW.join(', ')}: it would be empty`;
  const fields = fieldsOf(root, phase);
  if (field === undefined || fields === undefined || fields.includes(field)) return undefined;
  return `names "${root}.${field}", which there is not: it would be empty`;
}

/** What a part of the view has, where that is known. */
function fieldsOf(root: string, { produces, needs }: RawPhase): string[] | undefined {
  if (root === 'run') return RUN_FIELDS;
  if (root === 'inputs') return Phase.shape.needs.safeParse(needs).data?.map((need) => need.phase);
  if (root !== 'output' || !isObject(produces) || !isObject(produces.properties)) return undefined;
  const isOpen = ['$ref', 'allOf', 'anyOf', 'oneOf'].some((key) => key in produces);
  return isOpen ? undefined : Object.keys(produces.properties);
}

/** A template is a text of any content: only that it is a text can be wrong before it is rendered. */
function checkInput(
  input: Record<string, unknown>,
  schema: JsonSchema,
  at: string,
  templates: readonly Template[],
): TeamProblem[] {
  const rendered = new Set(templates.map(({ path }) => path));
  return violations(schema, input)
    .filter(({ path, keyword }) => keyword === 'type' || !rendered.has(path))
    .map(({ path, message }) => ({
      path: at + path,
      message: message + describedAs(schema, path),
    }));
}

/** The tool's own words for a field, e.g. what a pattern means. */
function describedAs(schema: JsonSchema, path: string): string {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const field = properties[path.slice(1)];
  return isObject(field) && typeof field.description === 'string' ? ` (${field.description})` : '';
}

interface PublishedPath {
  /** Where in the definition. */
  at: string;
  path: string;
}

/** Without regard to case, as some file systems compare. */
function checkPaths(files: readonly PublishedPath[]): TeamProblem[] {
  return files.flatMap(({ at, path }, index) => {
    if (isTakenByExport(path))
      return [
        { path: at, message: `"${path}" is a name that exports of a run use: choose another` },
      ];
    const other = files.slice(0, index).find((before) => collide(before.path, path));
    if (!other) return [];
    return [{ path: at, message: `"${path}" is in the way of what ${other.at} publishes` }];
  });
}

function collide(one: string, two: string): boolean {
  const [a, b] = [one.toLowerCase(), two.toLowerCase()];
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}
