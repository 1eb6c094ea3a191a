import { join } from 'node:path';
import { type Simulator, startSimulator } from '../../simulator';
import { useTemporaryFolder } from '../support/document-folder';
import { freshPlace, interrupt, type Place } from './installation-process';

// Each test starts several processes, on machines that may be busy.
jest.setTimeout(180_000);

const folder = useTemporaryFolder();
let place: Place;
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
  place = await freshPlace();
});
afterAll(async () => {
  await place.remove();
  await simulator.close();
});

const provider = () => ({ ANTHROPIC_BASE_URL: simulator.url, ANTHROPIC_API_KEY: 'any' });
const phasesCalled = (run: string) =>
  simulator
    .bill()
    .flatMap(({ headers }) => {
      const parts = headers['idempotency-key']?.split('/') ?? [];
      return parts[1] === run ? [parts[3]] : [];
    })
    .filter((phase, index, all) => all.indexOf(phase) === index);

it('forks a run from its writing on, and rebuilds both, from the command line', async () => {
  folder.write({
    'docs/a.md': '# Cache\n\nThe cache keeps results for ten minutes.\n',
    'instructions.txt': 'Write it as a letter.',
    'broken.json': '{',
    'wrong.json': '{"nothing": true}',
  });
  const at = (name: string) => join(folder.path(), name);
  const up = await place.up(provider());
  const question = ['--question', 'How long does the cache keep results?'];
  const run = await place.tuesday([
    ...['run', 'report', ...question, '--docs', at('docs'), '--key', 'parent'],
  ]);
  expect(run).toMatchObject({ exitCode: 0 });

  const fork = (...options: string[]) => place.tuesday(['fork', 'parent', ...options]);
  const started = await fork(
    ...['--from', 'writing', '--instructions', at('instructions.txt'), '--key', 'child'],
  );
  expect(started).toMatchObject({ exitCode: 0 });
  expect(started.stdout).toMatch(/Forked parent from writing on as child\./);
  expect(await place.tuesday(['watch', 'child'])).toMatchObject({ exitCode: 0 });
  expect(phasesCalled('child')).not.toContain('research');
  expect(phasesCalled('child')).not.toContain('analysis');
  expect(phasesCalled('child')).toContain('writing');
  const { stdout } = await place.tuesday(['result', 'child', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    published: [],
    withheld: [{ tool: 'publish_file' }],
    forkedFrom: { run: 'parent', phase: 'writing' },
  });

  for (const id of ['parent', 'child']) {
    const rebuilt = await place.tuesday(['rebuild', id]);
    expect(rebuilt).toMatchObject({ exitCode: 0 });
    expect(rebuilt.stdout).toMatch(/were there, and are the same/);
  }

  for (const [options, exitCode, sentence] of [
    [['--from', 'nothing'], 2, /has no phase "nothing" to fork from: it has research/],
    [[], 2, /required option.*--from/],
    [['--from', 'writing', '--input', at('none')], 2, /of --input cannot be read \(ENOENT\)/],
    [['--from', 'writing', '--edit-output', 'analysis'], 2, /must be PHASE=FILE/],
    [
      ['--from', 'writing', '--edit-output', `__proto__=${at('wrong.json')}`],
      2,
      /no phase "__proto__" whose output could be replaced/,
    ],
    [
      ['--from', 'writing', '--edit-output', `analysis=${at('broken.json')}`],
      2,
      /broken\.json of --edit-output is not JSON/,
    ],
    [
      ['--from', 'writing', '--edit-output', `analysis=${at('wrong.json')}`],
      2,
      /The output cannot be taken: outputs\/analysis/,
    ],
    [['--from', 'writing', '--model', 'made-up'], 2, /price.*made-up|made-up.*price/],
  ] as const) {
    const answer = await fork(...options);
    expect([answer.exitCode, options]).toEqual([exitCode, options]);
    expect(answer.stderr).toMatch(sentence);
  }
  for (const command of [
    ['fork', 'nobody', '--from', 'writing'],
    ['rebuild', 'nobody'],
  ]) {
    const answer = await place.tuesday(command);
    expect(answer).toMatchObject({ exitCode: 7 });
    expect(answer.stderr.trim().split('\n')).toHaveLength(1);
  }
  expect(await interrupt(up)).toMatchObject({ exitCode: 0 });
});
