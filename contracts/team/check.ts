/** Checks a team definition as a whole and names every problem at once. */
import type { z } from 'zod';
import { compileContract } from './contract';
import { toModelSchema } from './model-schema';
import { Phase, Team } from './schema';

export interface TeamProblem {
  /** Where in the definition, e.g. `phases/2/needs/0`. */
  path: string;
  message: string;
}

/** The little that graph checks need; read leniently, so that they also run on broken definitions. */
interface PhaseOutline {
  name: string;
  index: number;
  needs: string[];
}

/** Fills in defaults, or lists everything that is wrong. */
export function checkTeam(
  definition: unknown,
  known: { tools: readonly string[] },
): { team: Team; problems: [] } | { team?: never; problems: TeamProblem[] } {
  const parsed = Team.safeParse(definition);
  const outline = outlinePhases(definition);
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => describe(issue))),
    ...checkNames(outline),
    ...checkNeeds(outline),
    ...rawPhases(definition).flatMap((phase, index) => checkContract(phase, index)),
    ...checkPhases(definition, outline, known.tools),
  ];
  if (problems.length === 0 && parsed.success) return { team: parsed.data, problems: [] };
  return { problems };
}

/** Unknown properties are named one by one; a union says what its members expected. */
function describe(issue: z.core.$ZodIssue): TeamProblem[] {
  const path = issue.path.join('/');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: [path, key].filter(Boolean).join('/'),
      message: 'is not a property that a team definition has here',
    }));
  if (issue.code === 'invalid_union')
    return [{ path, message: 'must be a phase name or {"phase": name, "expects": schema}' }];
  return [{ path, message: issue.message }];
}

function rawPhases(definition: unknown): unknown[] {
  const phases = (definition as { phases?: unknown } | null)?.phases;
  return Array.isArray(phases) ? phases : [];
}

function outlinePhases(definition: unknown): PhaseOutline[] {
  return rawPhases(definition).flatMap((raw, index) => {
    const phase = raw as { name?: unknown; needs?: unknown } | null;
    if (typeof phase?.name !== 'string') return [];
    const needs = (Array.isArray(phase.needs) ? phase.needs : []).flatMap((need: unknown) => {
      const name = typeof need === 'string' ? need : (need as { phase?: unknown } | null)?.phase;
      return typeof name === 'string' ? [name] : [];
    });
    return [{ name: phase.name, index, needs }];
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
  for (const phase of phases)
    phase.needs.forEach((need, position) => {
      const path = `phases/${phase.index}/needs/${position}`;
      if (!byName.has(need))
        problems.push({ path, message: `needs "${need}", which is not a phase of this team` });
      if (phase.needs.indexOf(need) < position)
        problems.push({ path, message: `needs "${need}" twice` });
    });

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
): string[] | undefined {
  const here = byName.get(trail.at(-1) ?? '');
  for (const need of here?.needs ?? []) {
    if (need === start.name) return [...trail, need];
    if (trail.includes(need)) continue;
    const found = cycleFrom(start, byName, [...trail, need]);
    if (found) return found;
  }
  return undefined;
}

function checkContract(raw: unknown, index: number): TeamProblem[] {
  const phase = raw as { produces?: unknown; needs?: unknown } | null;
  const path = `phases/${index}/produces`;
  const produces = phase?.produces;
  if (typeof produces !== 'object' || produces === null || Array.isArray(produces)) return [];
  const schema = produces as Record<string, unknown>;
  const problems = toModelSchema(schema).problems.map((problem) => ({
    path: path + problem.path,
    message: problem.message,
  }));
  if (problems.length > 0) return problems;
  return [
    ...compileProblem(schema, path),
    ...(Array.isArray(phase?.needs) ? phase.needs : []).flatMap((need: unknown, position) => {
      const expects = (need as { expects?: unknown } | null)?.expects;
      return typeof expects === 'object' && expects !== null
        ? compileProblem(
            expects as Record<string, unknown>,
            `phases/${index}/needs/${position}/expects`,
          )
        : [];
    }),
  ];
}

function compileProblem(schema: Record<string, unknown>, path: string): TeamProblem[] {
  try {
    compileContract(schema);
    return [];
  } catch (error) {
    return [{ path, message: `is not a valid JSON Schema: ${(error as Error).message}` }];
  }
}

/** Checks that join a phase to the rest; they need the phase itself to be well formed. */
function checkPhases(
  definition: unknown,
  outline: PhaseOutline[],
  tools: readonly string[],
): TeamProblem[] {
  return rawPhases(definition).flatMap((raw, index) => {
    const parsed = Phase.safeParse(raw);
    if (!parsed.success) return [];
    const phase = parsed.data;
    const problems: TeamProblem[] = [];
    const add = (path: string, message: string) =>
      problems.push({ path: `phases/${index}/${path}`, message });

    phase.tools.forEach((tool, position) => {
      if (!tools.includes(tool)) add(`tools/${position}`, unknownTool(tool, tools));
    });
    phase.effects.forEach((effect, position) => {
      if (!tools.includes(effect.tool))
        add(`effects/${position}/tool`, unknownTool(effect.tool, tools));
    });
    if (phase.revises) {
      const { phase: target, field, equals } = phase.revises;
      if (!ancestors(phase.name, outline).has(target))
        add('revises/phase', `"${target}" is not a phase that "${phase.name}" builds on`);
      const property = (phase.produces.properties as Record<string, unknown> | undefined)?.[field];
      if (property === undefined)
        add('revises/field', `"${field}" is not a property of what the phase produces`);
      const allowed = (property as { enum?: unknown[] } | undefined)?.enum;
      if (allowed && !allowed.includes(equals))
        add('revises/equals', `${JSON.stringify(equals)} is not among the values of "${field}"`);
    }
    if (phase.limits.heartbeatMs >= phase.limits.startToCloseMs)
      add('limits/heartbeatMs', 'must be shorter than startToCloseMs');
    if (phase.limits.startToCloseMs > phase.limits.scheduleToCloseMs)
      add('limits/startToCloseMs', 'must not be longer than scheduleToCloseMs');
    if (phase.limits.stallMs > phase.limits.callMs)
      add('limits/stallMs', 'must not be longer than callMs');
    return problems;
  });
}

const unknownTool = (tool: string, tools: readonly string[]): string =>
  `"${tool}" is not a tool that is installed here; there are ${tools.join(', ')}`;

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
