import { PHASE_PLACES } from '../../contracts/limits';
import type { RunView } from '../../contracts/views';
import { CACHE_MODES } from '../support/cache-modes';
import { eventually } from '../support/eventually';
import { loadLimits } from '../support/load-limits';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };
const BRANCHES = ['a', 'b', 'c', 'd'];
const broad = (limits: object = {}) =>
  team([
    ...BRANCHES.map((name) => phase(name, { limits })),
    phase('join', { needs: BRANCHES, limits }),
  ]);

describe.each(CACHE_MODES)('phases beyond the limits, %s', (_mode, cachedWorkflowsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    jest.replaceProperty(PHASE_PLACES, 'askMaxMs', 500 as never);
    test = await startTestTuesday({
      cachedWorkflowsMax,
      limits: loadLimits({ phasesAtWork: { installation: 1 } }),
    });
  });
  beforeEach(() => {
    test.simulator.addFault({ kind: 'hold', where: 'before_headers', until: 'release', times: 1 });
  });
  afterAll(async () => {
    await test.stop();
    jest.restoreAllMocks();
  });

  const waits = ({ phases }: RunView) =>
    phases.filter(({ waitsFor }) => waitsFor?.startsWith('its place for')).length;
  const works = ({ phases }: RunView) => phases.filter(({ current }) => current.length > 0).length;

  /** Waiting is no event, so nobody is told of it. */
  async function allButOneWait(id: string): Promise<RunView> {
    await eventually(async () => {
      const run = await test.tuesday.getRun(id);
      expect([works(run), waits(run)]).toEqual([1, BRANCHES.length - 1]);
    }, 15_000);
    return test.tuesday.getRun(id);
  }

  it('begin one after the other, say what they wait for, and all come to their turn', async () => {
    const { id } = await test.tuesday.startRun(broad(), ask);
    const view = await allButOneWait(id);
    expect(view.phases.map(({ waitsFor }) => waitsFor)).toContainEqual(
      expect.stringMatching(
        /^its place for \d+ s: 1 of 1 phases at work of the installation, 2 before it$/,
      ),
    );
    test.simulator.release();
    const result = await test.tuesday.result(id);
    expect(result).toMatchObject({ status: 'completed' });
    const steps = await test.tuesday.trace(id);
    for (const [index, { startedAt }] of steps.entries())
      if (index > 0) expect(startedAt >= (steps[index - 1]?.endedAt ?? '')).toBe(true);
  });

  it('that began late tell so on the record, with whose limit it was', async () => {
    const late = broad({ scheduleToStartMs: 1_000 });
    const { id } = await test.tuesday.startRun(late, ask);
    await allButOneWait(id);
    await eventually(async () => {
      const { phases } = await test.tuesday.getRun(id);
      expect(phases.map(({ waitsFor }) => waitsFor)).toContainEqual(
        expect.stringMatching(/^its place for [2-9] s/),
      );
    });
    test.simulator.release();
    await test.tuesday.result(id);
    const { entries } = await test.tuesday.history(id);
    const told = entries.filter(({ type }) => type === 'phase_started_late');
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect(told[0]).toMatchObject({
      what: expect.stringMatching(/^waited \d+ s until \w began$/),
      why: 'too many phases of the installation were at work',
    });
    expect((await test.tuesday.rebuild(id)).equal).toBe(true);
  });

  it('that wait for more than half of their time begin another entry, and are not given up', async () => {
    const limits = { heartbeatMs: 500, startToCloseMs: 2_000, scheduleToCloseMs: 2_000 };
    const first = await test.tuesday.startRun(team([phase('only')]), ask);
    await test.until(first.id, (run) => works(run) === 1);
    const { id } = await test.tuesday.startRun(team([phase('only', { limits })]), ask);
    await eventually(async () => {
      const { entries } = await test.tuesday.history(id);
      const again = entries.filter(({ type }) => type === 'phase_reentered');
      expect(again.length).toBeGreaterThan(1);
    }, 15_000);
    test.simulator.release();
    expect(await test.tuesday.result(id)).toMatchObject({ status: 'completed', limitations: [] });
  });
});
