import { join } from 'node:path';
import { type Simulator, startSimulator } from '../../simulator';
import { useTemporaryFolder } from '../support/document-folder';
import { freshPlace, interrupt, type Place } from './installation-process';

// Each test starts several processes, on machines that may be busy.
jest.setTimeout(180_000);

const folder = useTemporaryFolder();
let place: Place;
let simulator: Simulator;
beforeEach(async () => {
  folder.write({ 'docs/a.md': 'The cache keeps results for ten minutes.\n' });
  simulator = await startSimulator({ apiKeys: ['good'] });
  place = await freshPlace();
});
afterEach(async () => {
  await place.remove();
  await simulator.close();
});

const withKey = (key: string) => ({ ANTHROPIC_BASE_URL: simulator.url, ANTHROPIC_API_KEY: key });
const request = () => [
  ...['run', 'report', '--question', 'How long?', '--docs', join(folder.path(), 'docs')],
  ...['--key', 'parked'],
];

describe('a wrong API key', () => {
  it('parks the run with its own exit code, and it goes on when the key is mended', async () => {
    const parked = await place.tuesday(request(), withKey('wrong'));
    expect(parked.exitCode).toBe(4);
    expect(parked.stdout).toMatch(/ANTHROPIC_API_KEY/);
    expect(parked.stdout).toMatch(/First start `.*tuesday.* up`/);
    const decide = /tuesday(?:\.js)? (decide parked resume .*)/.exec(parked.stdout)?.[1] ?? '';
    expect(simulator.bill()).toEqual([]);

    const up = await place.up(withKey('good'));
    expect(await place.tuesday(decide.split(' '))).toMatchObject({ exitCode: 0 });
    expect(await place.tuesday(['watch', 'parked', '--until-parked'])).toMatchObject({
      exitCode: 0,
    });
    expect(await interrupt(up)).toMatchObject({ exitCode: 0 });
  });

  it('is told in the same words to a program', async () => {
    const { exitCode, stdout } = await place.tuesday([...request(), '--json'], withKey('wrong'));
    expect(exitCode).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'waiting_for_review',
      reviews: [{ kind: 'operator', reason: 'authentication', options: ['resume', 'stop'] }],
    });
  });
});
