/** Checks a team definition as a whole and names every problem at once. */
import type { z } from 'zod';
import { TEAM_PHASES_MAX } from '../limits';
import type { InstalledTools } from '../tools';
import { checkEffects } from './check-effects';
import { checkReviews } from './check-reviews';
import { checkSources, withSourceTools } from './check-sources';
import { checkTools } from './check-tools';
import { compileContract } from './contract';
import { neverEquals, propertyOf } from './contract-property';
import { impossibilities } from './impossible';
import { toModelSchema } from './model-schema';
import type { TeamProblem } from './problems';
import { isObject } from './references';
import { type JsonSchema, Phase, Team } from './schema';

/** Of a model's name in a message. */
const MODEL_CHARACTERS_MAX = 100;

/** The little that graph checks need; read leniently, so that they also run on broken definitions. */
interface PhaseOutline {
  name: string;
  index: number;
  needs: string[];
}

/** Fills in defaults, or lists everything that is wrong. */
export function checkTeam(
  definition: unknown,
  installed: InstalledTools,
): { team: Team; problems: [] } | { team?: never; problems: TeamProblem[] } {
  const parsed = Team.safeParse(definition);
  const known = withSourceTools(definition, installed);
  const phases = rawPhases(definition);
  const outline = outlinePhases(phases);
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => describe(issue))),
    ...checkSources(definition, installed),
    ...checkNames(outline),
    ...checkNeeds(outline),
    ...phases.flatMap((phase, index) => checkContracts(phase, index)),
    ...phases.flatMap((phase, index) => checkPhase(phase, index, outline)),
    ...checkTools(phases, known),
    ...checkEffects(phases, known),
    ...checkReviews(definition, phases),
    ...checkPrices(phases, known),
    ...checkFallbacks(phases),
  ];
  if (problems.length === 0 && parsed.success) return { team: parsed.data, problems: [] };
  return { problems };
}

/** Without a price no budget can hold. */
function checkPrices(phases: Raw[], { pricedModels }: InstalledTools): TeamProblem[] {
  return phases.flatMap(modelsOf).flatMap(({ name, path }) => {
    if (pricedModels === undefined || pricedModels.includes(name)) return [];
    const message = `no price is known for "${name.slice(0, MODEL_CHARACTERS_MAX)}": give it in the file that TUESDAY_PRICES names, or use one of ${pricedModels.join(', ')}`;
    return [{ path, message }];
  });
}

/** A model that has failed is not asked again by falling back on it. */
function checkFallbacks(phases: Raw[]): TeamProblem[] {
  return phases.flatMap((phase, index) => {
    const models = modelsOf(phase, index);
    return models.flatMap(({ name, path }, position) =>
      models.slice(0, position).some((earlier) => earlier.name === name)
        ? [{ path, message: `"${name.slice(0, MODEL_CHARACTERS_MAX)}" is asked before already` }]
        : [],
    );
  });
}

/** The phase's own first, then those that it falls back on. */
function modelsOf({ model, fallbackModels }: Raw, index: number): { name: string; path: string }[] {
  const fallbacks: unknown[] = Array.isArray(fallbackModels) ? fallbackModels : [];
  return [model, ...fallbacks].flatMap((one, position) => {
    const { name } = rawObject(one);
    const place = position === 0 ? 'model' : `fallbackModels/${position - 1}`;
    return typeof name === 'string' ? [{ name, path: `phases/${index}/${place}/name` }] : [];
  });
}

/** Unknown properties are named one by one. */
function describe(issue: z.core.$ZodIssue): TeamProblem[] {
  const path = issue.path.join('/');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: [path, key].filter(Boolean).join('/'),
      // Some say what there is instead; zod's own words say no more than these.
      message: issue.message.startsWith('Unrecognized key')
        ? 'is not a property that a team definition has here'
        : issue.message,
    }));
  if (issue.code === 'invalid_key')
    return issue.issues.map(({ message }) => ({ path, message: `is no name: it ${message}` }));
  if (issue.code === 'invalid_union') {
    // The member that was meant is one that takes the value as such; without one the union says what it takes.
    const meant = issue.errors.find((errors) =>
      errors.every(({ code, path: at }) => at.length > 0 || code === 'unrecognized_keys'),
    );
    if (meant)
      return meant.flatMap((error) => describe({ ...error, path: [...issue.path, ...error.path] }));
  }
  return [{ path, message: issue.message }];
}

type Raw = Record<string, unknown>;
const rawObject = (value: unknown): Raw =>
  typeof value === 'object' && value !== null ? (value as Raw) : {};

/** Too many phases are one problem; what joins them is not looked at then, since it takes time. */
function rawPhases(definition: unknown): Raw[] {
  const { phases } = rawObject(definition);
  if (!Array.isArray(phases) || phases.length > TEAM_PHASES_MAX) return [];
  return phases.map(rawObject);
}

function outlinePhases(phases: Raw[]): PhaseOutline[] {
  return phases.flatMap(({ name, needs }, index) => {
    if (typeof name !== 'string') return [];
    const names = (Array.isArray(needs) ? needs : []).map((need: unknown) =>
      typeof need === 'string' ? need : rawObject(need).phase,
    );
    return [{ name, index, needs: names.filter((need) => typeof need === 'string') }];
  });
}

function checkNames(phases: PhaseOutline[]): TeamProblem[] {
  return phases
    .filter((phase) =>
      phases.some((other) => other.name === phase.name && other.index < phase.index),
    )
    .map((phase) => ({
      path: `phases/${phase.index}/name`,
      message: `"${phase.name}" is the name of an earlier phase too: names must differ`,
    }));
}

/** Unknown needs, cycles, and phases that can never start because of either. */
function checkNeeds(phases: PhaseOutline[]): TeamProblem[] {
  const byName = new Map(phases.map((phase) => [phase.name, phase]));
  const problems: TeamProblem[] = [];
  for (const phase of phases) {
    const before = new Set<string>();
    phase.needs.forEach((need, position) => {
      const path = `phases/${phase.index}/needs/${position}`;
      if (!byName.has(need))
        problems.push({ path, message: `needs "${need}", which is not a phase of this team` });
      if (before.has(need)) problems.push({ path, message: `needs "${need}" twice` });
      before.add(need);
    });
  }

  const reached = new Set<string>();
  for (let grew = true; grew; ) {
    grew = false;
    for (const phase of phases)
      if (!reached.has(phase.name) && phase.needs.every((need) => reached.has(need))) {
        reached.add(phase.name);
        grew = true;
      }
  }
  for (const phase of phases.filter((candidate) => !reached.has(candidate.name))) {
    const cycle = cycleFrom(phase, byName);
    problems.push({
      path: `phases/${phase.index}`,
      message: cycle
        ? `"${phase.name}" needs itself: ${cycle.join(' → ')}`
        : `"${phase.name}" can never start: it waits for ${phase.needs
            .filter((need) => !reached.has(need))
            .map((need) => `"${need}"`)
            .join(' and ')}, which never ends`,
    });
  }
  return problems;
}

function cycleFrom(
  start: PhaseOutline,
  byName: Map<string, PhaseOutline>,
  trail: string[] = [start.name],
  visited = new Set<string>(),
): string[] | undefined {
  const here = byName.get(trail.at(-1) ?? '');
  for (const need of here?.needs ?? []) {
    if (need === start.name) return [...trail, need];
    // What did not lead back the first time does not on another way.
    if (visited.has(need)) continue;
    visited.add(need);
    const found = cycleFrom(start, byName, [...trail, need], visited);
    if (found) return found;
  }
  return undefined;
}

/** What the phase produces, and what it expects of what it needs. */
function checkContracts({ produces, needs }: Raw, index: number): TeamProblem[] {
  const expectations = (Array.isArray(needs) ? needs : []).flatMap((need: unknown, position) => {
    const { expects } = rawObject(need);
    return isObject(expects)
      ? compileProblem(expects, `phases/${index}/needs/${position}/expects`)
      : [];
  });
  return [...(isObject(produces) ? checkProduces(produces, index) : []), ...expectations];
}

function checkProduces(produces: JsonSchema, index: number): TeamProblem[] {
  const path = `phases/${index}/produces`;
  const { problems } = toModelSchema(produces);
  if (problems.length === 0) return compileProblem(produces, path);
  return problems.map((problem) => ({ path: path + problem.path, message: problem.message }));
}

function compileProblem(schema: JsonSchema, path: string): TeamProblem[] {
  try {
    compileContract(schema);
    return impossibilities(schema).map((problem) => ({
      path: path + problem.path,
      message: problem.message,
    }));
  } catch (error) {
    return [{ path, message: `is not a valid JSON Schema: ${(error as Error).message}` }];
  }
}

/** Checks that join parts of a definition; each needs only its own part to be well formed. */
function checkPhase(raw: Raw, index: number, outline: PhaseOutline[]): TeamProblem[] {
  const problems: TeamProblem[] = [];
  const add = (path: string, message: string) =>
    problems.push({ path: `phases/${index}/${path}`, message });
  checkRevises(raw, outline, add);
  checkRecoveries(raw, add);
  const { data: times } = Phase.shape.limits.safeParse(raw.limits);
  if (!times) return problems;
  if (times.heartbeatMs >= times.startToCloseMs)
    add('limits/heartbeatMs', 'must be shorter than startToCloseMs');
  if (times.startToCloseMs > times.scheduleToCloseMs)
    add('limits/startToCloseMs', 'must not be longer than scheduleToCloseMs');
  if (times.stallMs > times.callMs) add('limits/stallMs', 'must not be longer than callMs');
  return problems;
}

/** A ladder of which nothing is possible here would fail the run where another had helped. */
function checkRecoveries(raw: Raw, add: (path: string, message: string) => void): void {
  const { recoveries, fallbackModels, required } = Phase.shape;
  const models = fallbackModels.safeParse(raw.fallbackModels).data ?? [];
  const isRequired = required.safeParse(raw.required).data ?? true;
  const ladders = Object.entries(recoveries.safeParse(raw.recoveries).data ?? {});
  for (const [kind, ladder = []] of ladders) {
    const possible = ladder.filter(
      (action) =>
        !(action === 'fallback_model' && models.length === 0) &&
        !(action === 'degrade' && isRequired),
    );
    if (possible.length === 0)
      add(
        `recoveries/${kind}`,
        'can do nothing here: fallback_model needs "fallbackModels", and only a phase with "required": false degrades',
      );
  }
}

function checkRevises(
  raw: Raw,
  outline: PhaseOutline[],
  add: (path: string, message: string) => void,
): void {
  const { data: revises } = Phase.shape.revises.safeParse(raw.revises);
  if (!revises || typeof raw.name !== 'string') return;
  const { phase: target, field, equals } = revises;
  if (!ancestors(raw.name, outline).has(target))
    add('revises/phase', `"${target}" is not a phase that "${raw.name}" builds on`);
  const property = propertyOf(rawObject(raw.produces), field);
  if (!property) {
    add('revises/field', `"${field}" is not a property of what the phase produces`);
    return;
  }
  const problem = neverEquals(property, field, equals);
  if (problem) add('revises/equals', problem);
}

/** All phases that `name` builds on, directly or not. */
function ancestors(name: string, phases: PhaseOutline[]): Set<string> {
  const found = new Set<string>();
  const visit = (current: string) => {
    for (const need of phases.find((phase) => phase.name === current)?.needs ?? [])
      if (!found.has(need)) {
        found.add(need);
        visit(need);
      }
  };
  visit(name);
  return found;
}
