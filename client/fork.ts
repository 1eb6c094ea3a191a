/** Forking: another run that takes over the earlier phases' artifacts, without a single model call for them. */
import { getJson, putJson, type Sha256 } from '../contracts/content';
import { UserError } from '../contracts/errors';
import { RunInput, TeamRunStart } from '../contracts/run';
import { expectationsOf, outputViolations } from '../contracts/team/expectations';
import type { Team } from '../contracts/team/schema';
import type { RunView } from '../contracts/views';
import { badInput, parseInput } from './check-input';
import { checkSettings } from './check-start';
import { checkDefinition } from './choose-team';
import type { ClientPorts, StartedRun, TeamSource } from './ports';
import { starterOf } from './speaker';
import { generateKey } from './start';
import { type StartDeps, startWorkflow } from './start-workflow';
import type { ForkRequest } from './types';

export interface ForkDeps extends StartDeps {
  teams: TeamSource;
}

type PlainPhase = { name?: unknown; model?: object } & Record<string, unknown>;

export const createFork =
  (deps: ForkDeps): ClientPorts['fork'] =>
  (parent, request) =>
    forkRun(deps, parent, request);

async function forkRun(
  ports: ForkDeps,
  parent: RunView,
  request: ForkRequest,
): Promise<StartedRun> {
  const { key, settings } = checkSettings(request, 'fork');
  const starter = starterOf(ports.person, settings.user);
  const original = await getJson<Record<string, unknown>>(ports.content, parent.teamSha256);
  const definition = changedDefinition(original, parent, request);
  const team = checkDefinition(definition, await ports.teams.installedTools());
  const edits = await storeEdits(ports, team, request.outputs ?? {});
  const { temporal } = ports;
  const start = parseInput(
    TeamRunStart,
    {
      ...settings,
      ...starter,
      teamSha256: await putJson(ports.content, definition),
      inputSha256: await inputOf(ports, parent, request),
      ...(request.effects === 'on' ? {} : { effects: 'off' }),
      fork: {
        run: {
          namespace: temporal.client.options.namespace,
          workflowId: parent.id,
          firstRunId: parent.firstRunId,
        },
        phase: request.from,
        edits,
      },
    },
    'fork',
  );
  return startWorkflow(temporal, key ?? generateKey(team.name), team, start);
}

/** The team as its author wrote it, with another instruction or model for the phase that is forked from. */
function changedDefinition(
  definition: Record<string, unknown>,
  { id, phases: known }: RunView,
  { from, instructions, model }: ForkRequest,
): unknown {
  if (known.length === 0)
    throw new UserError(
      'conflict',
      `The run "${id}" was refused and has no phases: there is nothing to fork.`,
    );
  if (!known.some(({ name }) => name === from))
    throw new UserError(
      'bad_input',
      `The run "${id}" has no phase "${from}" to fork from: it has ${known.map(({ name }) => name).join(', ')}.`,
      'from',
    );
  const phases = (definition.phases as PlainPhase[]).map((phase) =>
    phase.name === from
      ? {
          ...phase,
          ...(instructions === undefined ? {} : { instructions }),
          ...(model === undefined ? {} : { model: { ...phase.model, name: model } }),
        }
      : phase,
  );
  return { ...definition, phases };
}

async function inputOf(
  { content }: ForkDeps,
  parent: RunView,
  { question }: ForkRequest,
): Promise<Sha256> {
  if (question === undefined) return parent.inputSha256;
  return putJson(content, parseInput(RunInput, { question }, 'fork'));
}

/** @throws UserError `bad_input` for an output of a phase that a team has not */
export function checkEditedPhases(
  phases: readonly { name: string }[],
  outputs: ForkRequest['outputs'] = {},
): void {
  for (const name of Object.keys(outputs))
    if (!phases.some((phase) => phase.name === name)) throw noSuchPhase(name, phases);
}

const noSuchPhase = (name: string, phases: readonly { name: string }[]): UserError =>
  new UserError(
    'bad_input',
    `There is no phase "${name}" whose output could be replaced: the team has ${phases.map((phase) => phase.name).join(', ')}.`,
    `outputs/${name}`,
  );

/** Checked here already, so that a person hears at once what does not fit. */
async function storeEdits(
  { content }: ForkDeps,
  team: Team,
  outputs: Readonly<Record<string, unknown>>,
): Promise<Record<string, Sha256>> {
  const edits: Record<string, Sha256> = {};
  for (const [name, output] of Object.entries(outputs)) {
    const phase = team.phases.find((candidate) => candidate.name === name);
    if (!phase) throw noSuchPhase(name, team.phases);
    const broken = outputViolations(phase, expectationsOf(team, name), output).map(
      ({ path, message }) => ({ path: `outputs/${name}${path}`, message }),
    );
    if (broken.length > 0) throw badInput('The output cannot be taken', broken);
    edits[name] = await putJson(content, output);
  }
  return edits;
}
