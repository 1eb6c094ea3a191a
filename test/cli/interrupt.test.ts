import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Simulator, startSimulator } from '../../simulator';
import { useTemporaryFolder } from '../support/document-folder';
import { freshPlace, interrupt, type Place } from './installation-process';

// Each test starts several processes, on machines that may be busy.
jest.setTimeout(180_000);

const folder = useTemporaryFolder();
let place: Place;
let other: Place | undefined;
let simulator: Simulator;
let env: Record<string, string>;
beforeEach(async () => {
  folder.write({ 'docs/a.md': 'The cache keeps results for ten minutes.\n' });
  simulator = await startSimulator();
  env = { ANTHROPIC_BASE_URL: simulator.url, ANTHROPIC_API_KEY: 'any' };
  place = await freshPlace();
});
afterEach(async () => {
  await Promise.all([place.remove(), other?.remove()]);
  other = undefined;
  await simulator.close();
});

const request = (key: string) => [
  ...['run', 'report', '--question', 'How long?', '--docs', join(folder.path(), 'docs')],
  ...['--key', key],
];
/** Resolves when the simulator has a request that it holds. */
function heldRequest(): Promise<unknown> {
  const arrived = new Promise((resolve) => simulator.onRequest(resolve));
  simulator.addFault({ kind: 'hold', until: 'release', where: 'before_headers', nth: 1 });
  return arrived;
}

describe('Ctrl-C', () => {
  it('leaves a run going on what runs, and says how to see it', async () => {
    await place.up(env);
    const held = heldRequest();
    const run = place.start(request('left'), env);
    await held;
    const left = await interrupt(run);
    expect(left.exitCode).toBe(130);
    expect(left.stderr).toContain('tuesday watch left');
    simulator.release();
    expect(await place.tuesday(['watch', 'left', '--until-parked'])).toMatchObject({ exitCode: 0 });
  });

  it('during a run of its own keeps the run, which goes on when all is up again', async () => {
    const held = heldRequest();
    const run = place.start(request('kept'), env);
    await held;
    const left = await interrupt(run);
    expect(left.exitCode).toBe(130);
    expect(left.stderr).toMatch(/tuesday up.*tuesday watch kept/);
    expect(existsSync(join(place.dataDir, 'up.json'))).toBe(false);

    simulator.release();
    await place.up(env);
    expect(await place.tuesday(['watch', 'kept', '--until-parked'])).toMatchObject({ exitCode: 0 });
  });

  it('ends `up`, and a second `up` on the same folder is refused meanwhile', async () => {
    const up = await place.up(env);
    const second = await place.tuesday(['up', '--port', '0'], env);
    expect([second.exitCode, second.stderr]).toEqual([6, expect.stringContaining('already')]);
    expect(await interrupt(up)).toMatchObject({ exitCode: 0 });
    const gone = await place.tuesday(['list']);
    expect(gone.exitCode).toBe(3);
  });
});

describe('two at once', () => {
  it('do not disturb each other', async () => {
    const second = await freshPlace();
    other = second;
    await Promise.all([place.up(env), second.up(env)]);
    const both = await Promise.all([
      place.tuesday(request('same-key'), env),
      second.tuesday(request('same-key'), env),
    ]);
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    for (const { tuesday } of [place, second]) {
      const { stdout } = await tuesday(['list', '--json']);
      expect(JSON.parse(stdout).runs).toHaveLength(1);
    }
  });
});
