import { runKey } from '../../contracts/ids';
import type { NewSwitch, SwitchPlace } from '../../contracts/switch-ledger';
import {
  begin,
  claimOf,
  closingOf,
  effectOf,
  eventsOf,
  openedRun,
  openRun,
  openTestLedger,
  outcomeOf,
  recordEvents,
  roundOf,
  runId,
  type TestLedger,
  toolClaimOf,
} from '../support/test-ledger';

let test: TestLedger;
let made = 0;
beforeAll(async () => {
  test = await openTestLedger();
});
afterEach(async () => {
  for (const { scope, name } of await test.switches.list({ past: false, limit: 50 }))
    await test.switches.turnOff({ scope, name, by: 'ann', audit: from });
});
afterAll(() => test.drop());

const from = { from: { way: 'api' } } as const;
const INSTALLATION: SwitchPlace = { scope: 'installation', name: '' };
function wanted(place: SwitchPlace, changes: Partial<NewSwitch> = {}): NewSwitch {
  made += 1;
  return { ...place, id: `s-${made}`, mode: 'pause', by: 'ann', audit: from, ...changes };
}
const set = (place: SwitchPlace, changes: Partial<NewSwitch> = {}) =>
  test.switches.set(wanted(place, changes));
const turnOff = (place: SwitchPlace) =>
  test.switches.turnOff({ ...place, by: 'bob', reason: 'it is over', audit: from });
const actions = async (): Promise<string[]> =>
  (
    await test.rows<{ action: string }>(
      `SELECT entry::jsonb ->> 'action' AS action FROM audit_log ORDER BY sequence`,
    )
  ).map(({ action }) => action);

describe('a switch', () => {
  it('is set once per id, whatever becomes of it', async () => {
    const one = wanted(INSTALLATION, { reason: 'the model invents sources' });
    expect(await test.switches.set(one)).toMatchObject({ outcome: 'set', set: { id: one.id } });
    expect(await test.switches.set(one)).toMatchObject({ outcome: 'set_before' });
    await turnOff(INSTALLATION);
    const again = await test.switches.set(one);
    expect(again).toMatchObject({ outcome: 'set_before', set: { off: { by: 'bob' } } });
    expect(await test.switches.list({ past: false, limit: 9 })).toEqual([]);
    expect(await set({ scope: 'user', name: 'u' }, { id: one.id })).toEqual({
      outcome: 'id_taken',
    });
  });

  it('is alone at its place: a stop replaces a pause, and is replaced by nothing', async () => {
    const place = { scope: 'team', name: 'report' } as const;
    const paused = await set(place);
    expect(await set(place)).toMatchObject({ outcome: 'on_already' });
    const stopped = await set(place, { mode: 'stop', by: 'bob' });
    expect(stopped).toMatchObject({ outcome: 'set', was: { mode: 'pause' } });
    expect(await set(place)).toMatchObject({ outcome: 'on_already', set: { mode: 'stop' } });
    const [on, before] = await test.switches.list({ past: true, limit: 2 });
    expect(on).toMatchObject({ mode: 'stop', by: 'bob' });
    expect(before).toMatchObject({ id: 'set' in paused && paused.set.id, off: { by: 'bob' } });
    expect(await turnOff(place)).toMatchObject({ mode: 'stop', off: { reason: 'it is over' } });
    expect(await turnOff(place)).toBeUndefined();
  });

  it('is set by one of many who do so at the same moment', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => set({ scope: 'user', name: 'u-1' })),
    );
    expect(answers.filter(({ outcome }) => outcome === 'set')).toHaveLength(1);
  });

  it('is in the audit log with whoever has set it and turned it off', async () => {
    const before = (await actions()).length;
    const run = await openRun(test);
    const place = { scope: 'run', name: runKey(run) } as const;
    await set(place);
    await turnOff(place);
    await set(place, { mode: 'stop' });
    await set(INSTALLATION);
    await turnOff(INSTALLATION);
    expect((await actions()).slice(before)).toEqual([
      'run_paused',
      'run_resumed',
      'run_stopped',
      'switch_on',
      'switch_off',
    ]);
  });

  it('of a run ends with it, and cannot be set afterwards', async () => {
    const run = await openRun(test);
    const place = { scope: 'run', name: runKey(run) } as const;
    await set(place, { mode: 'stop' });
    await test.ledger.closeRun(closingOf(run, 'stopped'));
    const [last] = await test.switches.list({ past: true, limit: 1 });
    expect(last?.off).toEqual({ at: expect.any(Date) });
    expect(await set(place)).toEqual({ outcome: 'run_ended' });
  });
});

describe('what a switch holds up (L13)', () => {
  it.each<[string, SwitchPlace]>([
    ['everything', INSTALLATION],
    ['its user', { scope: 'user', name: 'someone' }],
    ['its team', { scope: 'team', name: 'test' }],
    ['its model', { scope: 'model', name: 'some-model' }],
  ])('begins no step: %s', async (_what, place) => {
    const round = roundOf(await openRun(test));
    const fence = await begin(test, round);
    const first = claimOf(round, fence);
    expect(await test.ledger.claimStep(first)).toMatchObject({ outcome: 'claimed' });
    await set(place);
    // What is under way is recorded, and read back.
    await test.ledger.recordOutcome(outcomeOf(first, 'answer'));
    expect(await test.ledger.claimStep(first)).toMatchObject({ outcome: 'recorded' });
    const next = claimOf(round, fence, { turn: 2 });
    expect(await test.ledger.claimStep(next)).toMatchObject({
      outcome: 'held_up',
      heldBy: { scope: place.scope, mode: 'pause', by: 'ann' },
    });
    expect((await test.ledger.reportOf(round.runKey, 'research')).spend).toEqual({
      settledMicroUsd: 60,
      unsettledMicroUsd: 0,
    });
    await turnOff(place);
    expect(await test.ledger.claimStep(next)).toMatchObject({ outcome: 'claimed' });
  });

  it('goes on where it has begun', async () => {
    const round = roundOf(await openRun(test));
    const fence = await begin(test, round);
    await set(INSTALLATION);
    const claim = claimOf(round, fence);
    expect(await test.ledger.claimStep({ ...claim, goesOn: true })).toMatchObject({
      outcome: 'claimed',
    });
  });

  it('is asked by the tool that is called, and by none other', async () => {
    const round = roundOf(await openRun(test));
    const fence = await begin(test, round);
    await set({ scope: 'tool', name: 'fetch_url' });
    const claim = (turn: number, tool: string) =>
      test.ledger.claimStep(toolClaimOf(round, fence, turn, tool));
    expect(await claim(1, 'read_document')).toMatchObject({ outcome: 'claimed' });
    expect(await claim(2, 'fetch_url')).toMatchObject({ outcome: 'held_up' });
    expect(await test.ledger.claimStep(claimOf(round, fence, { turn: 3 }))).toMatchObject({
      outcome: 'claimed',
    });
  });

  it('is the whole run once its state says so, whatever else it asks for', async () => {
    const run = await openRun(test);
    const round = roundOf(run);
    const fence = await begin(test, round);
    const place = { scope: 'model', name: 'other-model' } as const;
    const on = await set(place);
    expect(await test.ledger.holdOn(run)).toEqual({ atWork: true });
    const heldBy = { switchId: 'set' in on ? on.set.id : '', ...place, by: 'ann' } as const;
    const { name: _name, ...held } = { ...heldBy, mode: 'pause' as const };
    await recordEvents(
      test.ledger,
      run,
      eventsOf(
        1,
        { type: 'run_opened', budgetMicroUsd: 1, phases: ['research', 'writing'] },
        { type: 'run_held', heldBy: held },
      ),
    );
    expect(await test.ledger.holdOn(run)).toMatchObject({ heldBy: held });
    expect(await test.ledger.claimStep(claimOf(round, fence))).toMatchObject({
      outcome: 'held_up',
    });
    await turnOff(place);
    expect((await test.ledger.holdOn(run)).heldBy).toBeUndefined();
    expect(await test.ledger.strayRuns(0, 9)).toContainEqual(run);
  });

  it('begins no effect, but gives the result of one that is done, and takes a person’s word', async () => {
    const run = await openRun(test);
    const effect = effectOf(run);
    const other = { ...effect, stepKey: `${effect.stepKey}x` };
    await test.ledger.claimEffect(effect);
    await test.ledger.commitEffect(effect.stepKey, effect.inputSha256);
    await set({ scope: 'tool', name: effect.tool }, { mode: 'stop' });
    expect(await test.ledger.claimEffect(effect)).toMatchObject({ outcome: 'done' });
    expect(await test.ledger.claimEffect(other)).toMatchObject({
      outcome: 'held_up',
      heldBy: { mode: 'stop' },
    });
    expect(await test.ledger.claimEffect({ ...other, concludes: true })).toMatchObject({
      outcome: 'claimed',
    });
  });
});

describe('a run that opens', () => {
  it('is not kept under a stop, with the switch told', async () => {
    await set({ scope: 'user', name: 'someone' }, { mode: 'stop', reason: 'over its limit' });
    const run = runId();
    expect(await test.ledger.openRun(openedRun(run))).toMatchObject({
      outcome: 'switched_off',
      by: { by: 'ann', reason: 'over its limit' },
    });
    expect(await test.ledger.knownRun(run)).toBeUndefined();
  });

  it('opens under a pause, and where it was opened before, with the switch told', async () => {
    const run = await openRun(test);
    await set(INSTALLATION);
    expect(await test.ledger.openRun(openedRun(runId()))).toMatchObject({
      outcome: 'opened',
      heldBy: { mode: 'pause' },
    });
    await set(INSTALLATION, { mode: 'stop' });
    expect(await test.ledger.openRun(openedRun(run))).toMatchObject({
      outcome: 'opened',
      heldBy: { mode: 'stop' },
    });
  });
});

describe('runs to tell', () => {
  it('are those that a switch concerns, or may', async () => {
    const run = await openRun(test);
    const other = await openRun(test, { user: 'somebody-else' });
    const over = await openRun(test);
    await test.ledger.closeRun(closingOf(over, 'stopped'));
    const concerned = (place: SwitchPlace) => test.switches.concerned(place);
    expect(await concerned({ scope: 'run', name: runKey(run) })).toEqual([run]);
    expect(await concerned({ scope: 'user', name: 'somebody-else' })).toEqual([other]);
    for (const place of [INSTALLATION, { scope: 'model', name: 'm' } as const]) {
      const runs = await concerned(place);
      expect(runs).toEqual(expect.arrayContaining([run, other]));
      expect(runs).not.toContainEqual(over);
    }
  });

  it('are strays where a switch was set or turned off unheard', async () => {
    const run = await openRun(test);
    expect(await test.ledger.strayRuns(0, 1_000)).not.toContainEqual(run);
    await set(INSTALLATION);
    expect(await test.ledger.strayRuns(0, 1_000)).toContainEqual(run);
    expect(await test.ledger.strayRuns(60_000, 1_000)).not.toContainEqual(run);
  });
});
