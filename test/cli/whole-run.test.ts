import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTuesday } from '../../client';
import { RunResult, RunView } from '../../contracts/views';
import { report } from '../../teams';
import { useTemporaryFolder } from '../support/document-folder';
import { freshPlace, type Place } from './installation-process';

// Each test starts several processes, on machines that may be busy.
jest.setTimeout(180_000);

const folder = useTemporaryFolder();
const DOCUMENTS = {
  'docs/guide/caching.md':
    '# Caching\n\nThe cache keeps results for ten minutes. Entries are dropped when memory runs low.\n\nA cache miss costs one request to the store.\n',
  'docs/limits.txt':
    'Limits of the cache.\n\nThe cache holds at most five hundred entries at once. Larger entries are refused by the cache.\n',
  'docs/table.csv': 'name,minutes\ncache,10\nqueue,5\n',
};

let place: Place;
let apiUrl: string;
beforeAll(async () => {
  place = await freshPlace();
  ({ apiUrl } = await place.up());
});
afterAll(() => place.remove());
beforeEach(() => folder.write(DOCUMENTS));

const docs = () => join(folder.path(), 'docs');
const out = () => join(folder.path(), 'out');
const runReport = (key: string, ...args: string[]) =>
  place.tuesday([
    ...['run', 'report', '--question', 'How long does the cache keep results?'],
    ...['--docs', docs(), '--key', key, ...args],
  ]);

describe('a run from the command line to its end', () => {
  it('writes report, run.json and texts, in which every quote stands where it says', async () => {
    const ended = await runReport('whole', '--out', out());
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stdout).toContain(join(out(), 'report.md'));
    expect(ended.stderr).toMatch(/research runs.*publishing is done/s);

    const run = JSON.parse(readFileSync(join(out(), 'run.json'), 'utf8'));
    expect(run).toMatchObject({ run: 'whole', status: 'completed', team: 'report' });
    expect(run.sources.map(({ name }: { name: string }) => name).sort()).toEqual([
      'guide/caching.md',
      'limits.txt',
      'table.csv',
    ]);
    expect(run.findings.length).toBeGreaterThan(0);
    for (const { quote, document, line, offset } of run.findings) {
      const text = readFileSync(join(out(), 'texts', `${document}.txt`), 'utf8');
      expect(text.slice(offset, offset + quote.length)).toBe(quote);
      expect(text.slice(0, offset).split('\n')).toHaveLength(line);
    }
    const published = readFileSync(join(out(), 'report.md'), 'utf8');
    expect(published).toContain('offline simulator');
    expect(readdirSync(out()).sort()).toEqual(['report.md', 'run.json', 'texts']);
  });

  it('is the same run for the same request, and a conflict for another', async () => {
    const first = await runReport('twice', '--json');
    const again = await runReport('twice', '--json');
    expect([first.exitCode, again.exitCode]).toEqual([0, 0]);
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(first.stdout));
    expect(again.stderr).toContain('had been started before');
    const other = await runReport('twice', '--budget', '0.50');
    expect([other.exitCode, other.stderr]).toEqual([6, expect.stringMatching(/"twice".*another/)]);
  });

  it('can be looked at afterwards, by people and by programs', async () => {
    await runReport('looked-at');
    const json = async (...args: string[]) => {
      const { exitCode, stdout } = await place.tuesday([...args, '--json']);
      expect([args, exitCode]).toEqual([args, 0]);
      return JSON.parse(stdout);
    };
    expect(RunView.parse(await json('status', 'looked-at'))).toMatchObject({ status: 'completed' });
    expect(RunView.parse(await json('watch', 'looked-at'))).toMatchObject({ status: 'completed' });
    expect(RunResult.parse(await json('result', 'looked-at')).run).toBe('looked-at');
    const { runs } = await json('list', '--limit', '1');
    expect(runs).toMatchObject([{ id: 'looked-at', spend: { unsettledMicroUsd: 0 } }]);
    const steps = await json('trace', 'looked-at');
    expect(steps[0]).toMatchObject({ phase: 'research', kind: 'model' });
    const step = await json('trace', 'looked-at', '--step', '1');
    expect(step.request.prompt.task).toContain('How long does the cache keep results?');
    expect(step.outcome.toolCalls[0].name).toBe('search_documents');
    const calls = await json('invocations', '--kind', 'tool', '--since', '1h', '--limit', '200');
    expect(new Set(calls.map(({ kind }: { kind: string }) => kind))).toEqual(new Set(['tool']));
    expect(await json('recoveries', '--since', '7d', '--team', 'nobody')).toEqual([]);
    const history = await json('history', 'looked-at');
    expect(history.entries.at(-1)).toMatchObject({
      type: 'run_ended',
      what: 'ended the run: completed',
    });
    const { stateVersion } = history;
    const then = await json('state', 'looked-at', '--at', '2');
    expect(then).toMatchObject({ version: 2, stateVersion, state: { status: 'running' } });
    const stored = await place.tuesday(['artifact', step.requestSha256]);
    expect(JSON.parse(stored.stdout)).toBeInstanceOf(Object);

    const text = async (...args: string[]) => (await place.tuesday(args)).stdout;
    expect(await text('status', 'looked-at')).toMatch(/status\s+completed/);
    expect(await text('list')).toMatch(/looked-at\s+report/);
    expect(await text('trace', 'looked-at')).toMatch(/search_documents/);
    const shown = await text('trace', 'looked-at', '--step', '1');
    for (const section of ['context', 'reasoning summary', 'tool calls', 'raw response'])
      expect(shown).toContain(`\n${section}\n`);
    expect(await text('history', 'looked-at')).toMatch(
      /2 .*workflow +made text of 3 documents.*\n.*agent research \(claude-[^)]+\)/s,
    );
    expect(await text('state', 'looked-at')).toMatch(/research +done/);
    expect(await text('result', 'looked-at')).toContain('Completed 5 of 5 phases');
  });

  it('asks a person where told to, and ends as decided', async () => {
    const parked = await runReport('asked', '--review', 'always');
    expect(parked.exitCode).toBe(4);
    const command = /tuesday(?:\.js)? (decide asked approve .*)/.exec(parked.stdout)?.[1] ?? '';
    const { stdout: screen } = await place.tuesday(['status', 'asked']);
    expect(screen).toMatch(/publishing +waiting .* a person’s approval/);
    expect(screen).toMatch(/waits for a person for \d.*A person is asked to\s+approve/);
    expect(screen).toMatch(
      /approve, reject, revise, edit, delegate or stop: .*decide asked approve --review .* --digest/,
    );
    expect(screen).toMatch(/next +now publishing → the run completes/);
    const lines = screen
      .trimEnd()
      .split('\n')
      .map(({ length }) => Math.ceil(length / 80) || 1);
    expect(lines.reduce((sum, line) => sum + line)).toBeLessThanOrEqual(24);
    const questions = await place.tuesday(['decide', 'asked']);
    expect(questions).toMatchObject({ exitCode: 4, stdout: expect.stringContaining(command) });
    const early = await place.tuesday(['result', 'asked']);
    expect([early.exitCode, early.stderr]).toEqual([6, expect.stringContaining('not ended')]);
    const stale = await place.tuesday(['decide', 'asked', 'approve', '--digest', '0'.repeat(64)]);
    expect([stale.exitCode, stale.stderr]).toEqual([6, expect.stringContaining('changed')]);
    expect((await place.tuesday(command.split(' '))).exitCode).toBe(0);
    expect((await place.tuesday(['watch', 'asked', '--until-parked'])).exitCode).toBe(0);
    const late = await place.tuesday(['decide', 'asked', 'stop']);
    expect([late.exitCode, late.stderr]).toEqual([6, expect.stringContaining('has ended')]);
  });

  it('ends with its own code when a person stops it, with what there is', async () => {
    await runReport('stopped', '--review', 'always');
    await place.tuesday(['decide', 'stopped', 'stop']);
    const watched = await place.tuesday(['watch', 'stopped', '--until-parked']);
    expect(watched.exitCode).toBe(5);
    const result = await place.tuesday(['result', 'stopped', '--json']);
    expect([result.exitCode, JSON.parse(result.stdout).status]).toEqual([5, 'stopped']);
  });

  it('says what there is not', async () => {
    for (const args of [
      ['status', 'nobody'],
      ['watch', 'nobody'],
      ['trace', 'nobody'],
      ['history', 'nobody'],
      ['state', 'nobody'],
    ]) {
      const { exitCode, stderr } = await place.tuesday(args);
      expect([args, exitCode, stderr]).toEqual([args, 7, expect.stringContaining('"nobody"')]);
    }
    await runReport('short');
    const version = await place.tuesday(['state', 'short', '--at', '999']);
    expect([version.exitCode, version.stderr]).toEqual([7, expect.stringMatching(/1 to \d+,/)]);
    const step = await place.tuesday(['trace', 'short', '--step', '999']);
    expect([step.exitCode, step.stderr]).toEqual([7, expect.stringContaining('999')]);
  });
});

describe('the client library against what runs', () => {
  it('starts, follows and types a run by its team', async () => {
    const tuesday = createTuesday({ apiUrl });
    const handle = await tuesday.startRun(report, {
      question: 'How long does the cache keep results?',
      documents: docs(),
    });
    expect(handle.reused).toBe(false);
    const statuses: string[] = [];
    for await (const view of tuesday.watchRun(handle)) statuses.push(view.status);
    expect(statuses.at(-1)).toBe('completed');
    const result = await tuesday.result(handle);
    // The compiler knows the outputs of the team's phases.
    const quotes = result.outputs.research?.output.findings.map(({ quote }) => quote) ?? [];
    expect(quotes.length).toBeGreaterThan(0);
    expect((await tuesday.listRuns({ team: 'report', limit: 1 })).runs[0]?.id).toBe(handle.id);
    await tuesday.close();
  });
});
