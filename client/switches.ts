/** Switches that hold runs up, inside an installation: the ledger first, then the open runs that it concerns are told. */
import { randomUUID } from 'node:crypto';
import { mayUse, type Person } from '../contracts/access';
import { type ContentStore, putText } from '../contracts/content';
import { UserError } from '../contracts/errors';
import { type RunId, runKey } from '../contracts/ids';
import { SWITCH_TELLING } from '../contracts/limits';
import { SWITCHED_SIGNAL } from '../contracts/messages';
import { mapInParallel } from '../contracts/parallel';
import { isEnd } from '../contracts/run-status';
import type { Switch, SwitchAudit, SwitchLedger, SwitchPlace } from '../contracts/switch-ledger';
import {
  HoldInput,
  type KillSwitchScope,
  SwitchOffInput,
  SwitchOnInput,
  type SwitchReceipt,
  switchView,
} from '../contracts/switch-views';
import type { SwitchMode } from '../contracts/switches';
import type { RunView } from '../contracts/views';
import { parseInput } from './check-input';
import type { SwitchPorts } from './ports';
import { speakerOf } from './speaker';
import { callTemporal } from './temporal-calls';
import type { TemporalAccess } from './temporal-connection';

export interface SwitchDeps {
  switches: SwitchLedger;
  content: ContentStore;
  temporal: TemporalAccess;
  /** Who sets them. */
  person: Person;
}

/** What was given, in the same form for runs and kill switches. */
interface Given {
  switchId?: string | undefined;
  reason?: string | undefined;
  actor?: string | undefined;
}

export function createSwitches({ switches, content, temporal, person }: SwitchDeps): SwitchPorts {
  const { namespace } = temporal.client.options;
  const idOf = ({ id, firstRunId }: RunView): RunId => ({ namespace, workflowId: id, firstRunId });

  async function turnOn(
    place: SwitchPlace,
    mode: SwitchMode,
    given: Given,
  ): Promise<SwitchReceipt> {
    const id = given.switchId ?? randomUUID();
    const answer = await switches.set({ ...place, id, mode, ...(await said(given)) });
    switch (answer.outcome) {
      case 'set':
        return receipt(answer.set, true, place);
      case 'set_before':
        // Whoever sends it again may not know whether the runs were told.
        return receipt(answer.set, false, place);
      case 'on_already':
        if (answer.set.mode === mode) return receipt(answer.set, false, place);
        throw stopsAlready(answer.set);
      case 'id_taken':
        throw new UserError(
          'conflict',
          `The switch id "${id}" was used for something else: take another one.`,
          'switchId',
        );
      case 'run_ended':
        throw new UserError(
          'conflict',
          'The run has ended meanwhile: there is nothing to hold up.',
        );
    }
  }

  async function turnOff(place: SwitchPlace, given: Given): Promise<SwitchReceipt | undefined> {
    const off = await switches.turnOff({ ...place, ...(await said(given)) });
    return off && receipt(off, true, place);
  }

  async function said({ reason, actor }: Given) {
    const audit: SwitchAudit = {
      ...(person.isUnchecked ? {} : { verified: true as const }),
      ...(reason === undefined ? {} : { reasonSha256: await putText(content, reason) }),
      from: { way: 'api' },
    };
    const by = speakerOf(person, actor, 'actor');
    return { by, audit, ...(reason === undefined ? {} : { reason }) };
  }

  async function receipt(
    one: Switch,
    applied: boolean,
    place: SwitchPlace,
  ): Promise<SwitchReceipt> {
    return { switch: switchView(one), applied, told: await tell(place) };
  }

  /** Returns how many could be told; reconciliation tells the others. */
  async function tell(place: SwitchPlace): Promise<number> {
    const runs = await switches.concerned(place);
    const until = Date.now() + SWITCH_TELLING.msMax;
    const told = await mapInParallel(runs, SWITCH_TELLING.atOnce, async (run) => {
      if (Date.now() >= until) return false;
      const { workflowId, firstRunId } = run;
      const handle = temporal.client.workflow.getHandle(workflowId, undefined, {
        firstExecutionRunId: firstRunId,
      });
      try {
        await callTemporal(temporal, () => handle.signal(SWITCHED_SIGNAL), SWITCH_TELLING.signalMs);
        return true;
      } catch {
        // It has ended meanwhile, or Temporal is away: the switch is on record all the same.
        return false;
      }
    });
    return told.filter(Boolean).length;
  }

  return {
    async hold(view, mode, request) {
      const given = parseInput(HoldInput, request, mode);
      if (isEnd(view.status)) throw hasEnded(view);
      return turnOn({ scope: 'run', name: runKey(idOf(view)) }, mode, given);
    },

    async letGo(view, request) {
      const given = parseInput(HoldInput, request, 'resume');
      if (isEnd(view.status)) throw hasEnded(view);
      const off = await turnOff({ scope: 'run', name: runKey(idOf(view)) }, given);
      const held = await switches.holdOn(idOf(view));
      if (!off) throw notPaused(view, held);
      return { ...off, ...(held ? { heldBy: switchView(held) } : {}) };
    },

    async set(request) {
      const given = parseInput(SwitchOnInput, request, 'switch');
      checkMaySwitch(person, given.scope);
      return turnOn(placeOf(given), given.mode, given);
    },

    async turnOff(request) {
      const given = parseInput(SwitchOffInput, request, 'switch');
      checkMaySwitch(person, given.scope);
      const off = await turnOff(placeOf(given), given);
      if (!off)
        throw new UserError(
          'conflict',
          `No switch is on for ${inWords(placeOf(given))}: there is nothing to turn off.`,
        );
      return off;
    },

    list: async (filter) => (await switches.list(filter)).map(switchView),
  };
}

const placeOf = ({ scope, name = '' }: { scope: KillSwitchScope; name?: string | undefined }) => ({
  scope,
  name,
});

const inWords = ({ scope, name }: SwitchPlace): string =>
  scope === 'installation' ? 'the installation' : `the ${scope} "${name}"`;

/** What holds up everybody is not for everybody who operates. */
function checkMaySwitch(person: Person, scope: KillSwitchScope): void {
  if (scope !== 'installation' || mayUse(person, ['admin'])) return;
  throw new UserError(
    'forbidden',
    'A switch of the whole installation needs the role admin.',
    'scope',
  );
}

function stopsAlready({ scope, name, by, setAt }: Switch): UserError {
  const what = scope === 'run' ? 'The run' : `What belongs to ${inWords({ scope, name })}`;
  return new UserError(
    'conflict',
    `${what} was stopped by ${by} at ${setAt.toISOString()}, which does more than a pause: turn that off first.`,
  );
}

const hasEnded = ({ id, status }: RunView): UserError =>
  new UserError(
    'conflict',
    `The run "${id}" has ended (${status}): there is nothing to hold up or resume.`,
  );

function notPaused({ id, status }: RunView, held: Switch | undefined): UserError {
  if (!held)
    return new UserError(
      'conflict',
      `The run "${id}" is not paused (${status}): there is nothing to resume.`,
    );
  const { mode, by, setAt } = held;
  return new UserError(
    'conflict',
    `The run "${id}" is not paused by itself: ${by} has ${mode === 'stop' ? 'stopped' : 'paused'} ${inWords(held)} since ${setAt.toISOString()}, so turn that off (\`tuesday kill-switch off\`).`,
  );
}
