import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { useTemporaryFolder } from '../support/document-folder';
import { freshPlace, type Place } from './installation-process';
import { onlySentence, tuesday } from './tuesday-process';

// Each test starts several processes, on machines that may be busy.
jest.setTimeout(180_000);

const folder = useTemporaryFolder();
const at = (name: string) => join(folder.path(), name);
/** Nothing may be brought up for these: a Temporal or database that was tried would say so. */
const NOTHING_RUNS = {
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  DATABASE_URL: 'postgres://x@127.0.0.1:1/x',
};

const run = (args: string[], env: Record<string, string> = NOTHING_RUNS) =>
  tuesday(['run', ...args], { cwd: folder.path(), env });
const report = (...args: string[]) => run(['report', '--question', 'Why?', ...args]);

/** The one sentence on stderr, after the line that says that everything is brought up. */
async function refused(ended: ReturnType<typeof tuesday>, exitCode: number): Promise<string> {
  const result = await ended;
  const stderr = result.stderr
    .split('\n')
    .filter((line) => !line.startsWith('No Tuesday runs on'))
    .join('\n');
  expect({ ...result, stderr }).toMatchObject({ exitCode });
  return onlySentence({ ...result, stderr });
}

describe('bad input of `tuesday run` gets one sentence and exit code 2', () => {
  it('no question, or an empty one', async () => {
    expect(await refused(run(['report']), 2)).toContain('--question');
    expect(await refused(run(['report', '--question', ' ']), 2)).toContain('--question');
  });

  it('no documents for a team that needs some', async () => {
    expect(await refused(report(), 2)).toContain('--docs');
  });

  it('a folder that is missing, empty, or a file', async () => {
    folder.write({ 'a-file.md': 'text' });
    mkdirSync(at('empty'));
    expect(await refused(report('--docs', 'missing'), 2)).toMatch(/missing.* does not exist/);
    expect(await refused(report('--docs', 'empty'), 2)).toMatch(/empty.* is empty/);
    expect(await refused(report('--docs', 'a-file.md'), 2)).toMatch(/a-file.md.* is a file/);
  });

  it('a file that is unreadable, binary, or of 50 MB', async () => {
    folder.write({ 'lost/good.md': 'text', 'binary/good.md': 'text', 'large/good.md': 'text' });
    symlinkSync(at('nowhere'), at('lost/gone.md'));
    writeFileSync(at('binary/image.md'), Buffer.from([1, 0, 2, 0, 255]));
    writeFileSync(at('large/huge.txt'), 'x');
    truncateSync(at('large/huge.txt'), 50_000_000);
    expect(await refused(report('--docs', 'lost'), 2)).toMatch(/gone\.md.*--skip-unreadable/);
    expect(await refused(report('--docs', 'binary'), 2)).toMatch(/image\.md.*binary/);
    expect(await refused(report('--docs', 'large'), 2)).toMatch(/huge\.txt.*MB/);
  });

  it('a team file that is missing, no JSON, or no team, with every problem named', async () => {
    folder.write({
      'broken.json': '{"name": ',
      'bad.json': JSON.stringify({
        name: 'A',
        version: '1',
        phases: [{ name: 'x', needs: ['y'] }],
      }),
    });
    const question = ['--question', 'Why?'];
    expect(await refused(run(['none.json', ...question]), 2)).toMatch(/no team file.*none\.json/);
    expect(await refused(run(['broken.json', ...question]), 2)).toMatch(/broken\.json.*JSON/);
    const bad = await refused(run(['bad.json', ...question]), 2);
    for (const problem of ['name must', 'phases/0/needs/0', 'phases/0/role', 'phases/0/produces'])
      expect(bad).toContain(problem);
  });

  it('flags that are unknown, incomplete, or have a value that cannot be', async () => {
    expect(await refused(report('--dosc', 'x'), 2)).toContain("'--dosc'");
    expect(await refused(report('--docs'), 2)).toContain('--docs');
    for (const budget of ['0', '-1', 'much', '0.0000001', '1e3'])
      expect(await refused(report('--budget', budget), 2)).toContain('--budget');
    expect(await refused(report('--review', 'never'), 2)).toMatch(/declared, always/);
    folder.write({ 'docs/a.md': 'text' });
    expect(await refused(report('--docs', 'docs', '--key', 'a b'), 2)).toContain('key may hold');
    expect(await refused(report('--docs', 'docs', '--user', 'a b'), 2)).toContain('user');
    expect(await refused(tuesday(['up', '--port', '99999']), 2)).toContain('--port');
    expect(await refused(tuesday(['frob']), 2)).toContain("'frob'");
    expect(await refused(tuesday(['run']), 2)).toContain("'team'");
  });

  it('an export folder that cannot be written, before anything is paid for', async () => {
    folder.write({ file: 'text' });
    expect(await refused(report('--out', 'file/below'), 2)).toMatch(/file\/below.*--out/);
  });

  it('is JSON on stdout too with --json', async () => {
    const { exitCode, stdout } = await run(['report', '--json']);
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      2,
      {
        error: {
          kind: 'bad_input',
          message: expect.stringContaining('--question'),
          field: 'question',
        },
      },
    ]);
    const flag = await run(['report', '--json', '--dosc']);
    expect([flag.exitCode, JSON.parse(flag.stdout).error.kind]).toEqual([2, 'bad_input']);
  });
});

describe('what is not there', () => {
  it('is exit code 7 for an unknown team, naming those there are', async () => {
    const sentence = await refused(run(['reprot', '--question', 'Why?']), 7);
    expect(sentence).toMatch(/"reprot".*report/);
    expect(await refused(tuesday(['teams', '--show', 'reprot']), 7)).toMatch(/"reprot".*report/);
  });

  it('is exit code 3 for a Tuesday that does not run, saying how to start one', async () => {
    for (const command of [['list'], ['status', 'x'], ['decide', 'x', 'stop'], ['result', 'x']]) {
      const sentence = await refused(tuesday(command, { cwd: folder.path() }), 3);
      expect([command, sentence]).toEqual([command, expect.stringContaining('tuesday up')]);
    }
    const named = await refused(tuesday(['list', '--api-url', 'http://127.0.0.1:1']), 3);
    expect(named).toMatch(/127\.0\.0\.1:1.*tuesday up/);
    expect(await refused(tuesday(['list', '--api-url', 'nonsense']), 2)).toContain('nonsense');
  });

  it('is exit code 3 for what answers but is not Tuesday', async () => {
    const stranger = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1');
    await new Promise((resolve) => stranger.once('listening', resolve));
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    expect(await refused(tuesday(['list', '--api-url', url]), 3)).toMatch(/not Tuesday/);
    stranger.close();
  });
});

describe('what Tuesday needs and cannot have', () => {
  let place: Place;
  beforeAll(async () => {
    place = await freshPlace();
  });
  afterAll(() => place.remove());

  /** Progress lines may come first; then the sentence, and nothing is left running. */
  async function upFails(args: string[], env: Record<string, string> = {}) {
    const { exitCode, stderr, stdout } = await place.tuesday(['up', ...args], env);
    expect(stdout).toBe('');
    const lines = stderr.split('\n').filter((line) => line !== '');
    return { exitCode, sentence: lines.at(-1), progress: lines.slice(0, -1) };
  }

  it('a port that is taken: 6, naming port and flag', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    expect(await upFails(['--port', String(port)])).toEqual({
      exitCode: 6,
      sentence: expect.stringMatching(new RegExp(`^tuesday: .*${port}.*--port`)),
      progress: [], // before any server is started
    });
    other.close();
  });

  it('a data folder that cannot be written: 2, naming folder and flag', async () => {
    folder.write({ file: 'text' });
    const dataDir = at('file/data');
    expect(await upFails(['--port', '0', '--data-dir', dataDir])).toMatchObject({
      exitCode: 2,
      sentence: expect.stringMatching(/^tuesday: .*file\/data.*--data-dir/),
    });
  });

  it('a Temporal that cannot be reached: 3, naming its address', async () => {
    expect(await upFails(['--port', '0'], { TEMPORAL_ADDRESS: '127.0.0.1:1' })).toMatchObject({
      exitCode: 3,
      sentence: expect.stringMatching(/^tuesday: .*127\.0\.0\.1:1\b/),
    });
  });

  it('a database that cannot be reached: 3, naming where, not the password', async () => {
    const { exitCode, sentence } = await upFails(['--port', '0'], {
      DATABASE_URL: 'postgres://someone:secret@127.0.0.1:1/db',
    });
    expect([exitCode, sentence]).toEqual([3, expect.stringMatching(/^tuesday: .*127\.0\.0\.1:1/)]);
    expect(sentence).not.toContain('secret');
  });

  it('settings of Anthropic that cannot be: 2', async () => {
    expect(
      await upFails(['--port', '0'], { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' }),
    ).toMatchObject({
      exitCode: 2,
      sentence: expect.stringContaining('ANTHROPIC_API_KEY'),
    });
  });
});
