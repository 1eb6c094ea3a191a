import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useTemporaryFolder } from '../support/document-folder';
import { phase, team } from '../support/teams';
import { freshPlace, interrupt, type Place } from './installation-process';

// Each test starts several processes, on machines that may be busy.
jest.setTimeout(240_000);

const folder = useTemporaryFolder();
let place: Place;
beforeEach(async () => {
  place = await freshPlace();
});
afterEach(() => place.remove());

const answered = async (args: string[]) => {
  const { exitCode, stdout, stderr } = await place.tuesday(args);
  return { exitCode, said: `${stdout}${stderr}` };
};

it('a report that asks for approval waits without a worker, and is finished by decide approve', async () => {
  folder.write({ 'docs/a.md': 'The cache keeps results for ten minutes.\n' });
  const docs = ['--docs', join(folder.path(), 'docs')];
  const request = ['run', 'report', '--question', 'How long?', ...docs, '--key', 'asked'];
  // Brings up a worker of its own, and takes it away with it.
  const parked = await place.tuesday([...request, '--review', 'always']);
  expect(parked.exitCode).toBe(4);
  expect(parked.stdout).toMatch(/asks for it each time/);
  const approve = /tuesday(?:\.js)? (decide asked approve .*)/.exec(parked.stdout)?.[1] ?? '';

  const up = await place.up();
  expect((await answered(['status', 'asked'])).said).toMatch(/waiting_for_review/);
  expect(await answered(approve.split(' '))).toMatchObject({
    exitCode: 0,
    said: expect.stringMatching(/^Taken: approve/),
  });
  expect(await place.tuesday(['watch', 'asked'])).toMatchObject({ exitCode: 0 });
  const { stdout } = await place.tuesday(['result', 'asked', '--json']);
  const { status, published } = JSON.parse(stdout);
  expect([status, published.length]).toEqual(['completed', 1]);
  expect(await interrupt(up)).toMatchObject({ exitCode: 0 });
});

it('takes a comment, an output and a person, and shows how to give each', async () => {
  const asking = team([
    phase('only', {
      review: { quorum: 2 },
      effects: [{ tool: 'publish_file', input: { path: 'note.md', content: '{{output.note}}' } }],
    }),
  ]);
  folder.write({
    'team.json': JSON.stringify(asking.definition),
    'comment.txt': 'Say it in one sentence.\n',
    'own.json': '{"note": "In one sentence."}',
    'list.json': '[]',
    'broken.json': '{',
  });
  const at = (name: string) => join(folder.path(), name);
  const up = await place.up();
  const start = ['run', at('team.json'), '--question', 'What?', '--key', 'one'];
  expect((await place.tuesday(start)).exitCode).toBe(4);
  const { said } = await answered(['decide', 'one']);
  expect(said).toMatch(/2 people have to approve; nobody has yet/);
  expect(said).toMatch(/approved: 0 of 2/);
  for (const asked of [
    'revise .* --comment TEXT',
    'edit .* --output FILE',
    'delegate .* --to PERSON',
  ])
    expect(said).toMatch(new RegExp(`decide one ${asked}`));

  const decide = (...args: string[]) => answered(['decide', 'one', ...args]);
  const waits = async () => (await place.tuesday(['watch', 'one', '--until-parked'])).exitCode;
  expect(await decide('revise')).toMatchObject({ exitCode: 6 });
  expect(await decide('revise', '--comment', `@${at('comment.txt')}`)).toMatchObject({
    exitCode: 0,
  });
  expect(await waits()).toBe(4);
  expect(await decide('delegate', '--to', 'eve', '--actor', 'ann')).toMatchObject({ exitCode: 0 });
  expect((await answered(['decide', 'one'])).said).toMatch(/handed over: ann → eve/);
  for (const [file, why] of [
    ['none.json', /There is no file ".*none.json" with the output/],
    ['list.json', /is no JSON object/],
    ['broken.json', /is not valid JSON/],
  ] as const)
    expect(await decide('edit', '--output', at(file))).toMatchObject({
      exitCode: 2,
      said: expect.stringMatching(why),
    });
  expect(await decide('top_up', '--add', 'much')).toMatchObject({
    exitCode: 2,
    said: expect.stringMatching(/amount in dollars/),
  });
  const own = ['--output', at('own.json'), '--actor', 'bob'];
  expect(await decide('edit', ...own)).toMatchObject({ exitCode: 0 });
  expect(await waits()).toBe(4);
  expect((await answered(['decide', 'one'])).said).toMatch(/approved: 1 of 2 \(bob\)/);
  expect(await decide('approve', '--actor', 'bob')).toMatchObject({
    exitCode: 6,
    said: expect.stringMatching(/this person has approved already/),
  });
  expect(await decide('approve', '--actor', 'eve')).toMatchObject({ exitCode: 0 });
  expect((await place.tuesday(['watch', 'one'])).exitCode).toBe(0);
  const { stdout } = await place.tuesday(['result', 'one', '--json']);
  const [file] = JSON.parse(stdout).published;
  expect(await readFile(join(place.dataDir, 'published', file.path), 'utf8')).toBe(
    'In one sentence.',
  );
  expect(await interrupt(up)).toMatchObject({ exitCode: 0 });
});
