/** What a fork takes over of another run: the outputs of the phases before it, checked anew. */
import type { ForkOrigin } from '../contracts/activities';
import { getJson } from '../contracts/content';
import { UserError } from '../contracts/errors';
import type { KnownRun, Ledger } from '../contracts/ledger';
import type { RunPlan } from '../contracts/plan';
import type { ForkStart } from '../contracts/run';
import type { TakenOver } from '../contracts/run-state';
import { expectationsOf, outputViolations } from '../contracts/team/expectations';
import type { Team } from '../contracts/team/schema';
import { unite } from '../domain/categories';
import { withDownstream } from '../domain/graph';
import { factsOf } from '../domain/run-state';
import { detectIn } from './categories';
import { Refusal } from './refusal';

/** @throws Refusal where the run cannot be forked like that */
export async function forkOrigin(
  ledger: Ledger,
  fork: ForkStart,
  team: Team,
  plan: RunPlan,
): Promise<ForkOrigin> {
  const parent = await ledger.knownRun(fork.run);
  if (!parent) throw refuse(`The run ${fork.run.workflowId} to fork is not in the ledger.`);
  const names = plan.phases.map(({ name }) => name);
  if (!names.includes(fork.phase))
    throw refuse(`The team has no phase ${fork.phase} to fork from: it has ${names.join(', ')}.`);
  const again = new Set(withDownstream(plan, fork.phase));
  for (const name of Object.keys(fork.edits))
    if (!names.includes(name) || again.has(name))
      throw refuse(
        `The output of ${name} cannot be given: a fork from ${fork.phase} takes over ${names.filter((kept) => !again.has(kept)).join(', ') || 'nothing'}.`,
      );
  const phases: Record<string, TakenOver> = {};
  for (const name of names) {
    if (again.has(name)) continue;
    const taken = takenOver(parent, name, fork.edits[name]);
    if (!taken) continue;
    const output = taken.output && (await check(ledger, team, name, taken.output));
    phases[name] = fork.edits[name] ? await withCategories(taken, output) : taken;
  }
  const { limitations, documentsSha256, version } = parent.state;
  return {
    origin: { run: fork.run, version, phase: fork.phase },
    phases,
    limitations: limitations.filter(({ phase }) => !phase || Object.hasOwn(phases, phase)),
    ...(documentsSha256 ? { documentsSha256 } : {}),
  };
}

/** A phase that had not ended is not taken over: the fork does it itself. */
function takenOver({ state }: KnownRun, name: string, edit?: string): TakenOver | undefined {
  const phase = state.phases[name];
  if (edit)
    return {
      status: 'done',
      output: edit,
      ...(phase?.categories ? { categories: phase.categories } : {}),
    };
  if (phase?.status === 'degraded') return { status: 'degraded' };
  if (phase?.status !== 'done' || !phase.output) return undefined;
  return { status: 'done', output: phase.output, ...factsOf(phase) };
}

/** What a person wrote holds what it was written after, and what is seen in it. */
async function withCategories(taken: TakenOver, output: unknown): Promise<TakenOver> {
  const categories = unite(taken.categories, await detectIn(output));
  return Object.keys(categories).length > 0 ? { ...taken, categories } : taken;
}

/** The team may have changed since, and an edit was written by a person. */
async function check(ledger: Ledger, team: Team, name: string, output: string): Promise<unknown> {
  const phase = team.phases.find((candidate) => candidate.name === name);
  if (!phase) throw new RangeError(`phase ${name} is not part of team ${team.name}`);
  const value = await storedOutput(ledger, name, output);
  const broken = outputViolations(phase, expectationsOf(team, name), value);
  if (broken.length === 0) return value;
  const problems = broken.map(({ path, message }) => `${path || 'the output'} ${message}`);
  throw refuse(`The output of ${name} does not fit its contract: ${problems.join('; ')}.`);
}

async function storedOutput(ledger: Ledger, name: string, sha256: string): Promise<unknown> {
  try {
    return await getJson<unknown>(ledger.content, sha256);
  } catch (error) {
    if (!(error instanceof UserError) && !(error instanceof SyntaxError)) throw error;
    throw refuse(`The output given for ${name} is no JSON artifact: ${error.message}`);
  }
}

const refuse = (explanation: string): Refusal => new Refusal('bad_input', explanation);
