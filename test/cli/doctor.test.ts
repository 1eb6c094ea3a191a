import { join } from 'node:path';
import type { Finding } from '../../cli/doctor';
import { serveTestInstallation } from '../console/api/served-api';
import { useTemporaryFolder } from '../support/document-folder';
import { temporalAddress } from '../support/servers';
import { tuesday } from './tuesday-process';

// Each test starts a process, on machines that may be busy.
jest.setTimeout(180_000);

const folder = useTemporaryFolder();

async function examine(env: Record<string, string> = {}) {
  const { exitCode, stdout } = await tuesday(['doctor', '--json'], {
    cwd: folder.path(),
    env: { TEMPORAL_ADDRESS: temporalAddress(), ...env },
  });
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return { exitCode, of: (what: string) => findings.find((finding) => finding.what === what) };
}

describe('`tuesday doctor`', () => {
  it('finds nothing missing where Tuesday can run', async () => {
    const { exitCode, of } = await examine();
    expect(exitCode).toBe(0);
    expect(of('Temporal')).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('namespace'),
    });
    expect(of('PostgreSQL')).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('embedded'),
    });
    expect(of('models')).toMatchObject({
      status: 'note',
      found: expect.stringContaining('simulator'),
    });
    expect(of('data folder')?.found).toContain(join(folder.path(), '.tuesday'));
  });

  it('says of a file system that takes no folders that it does, whoever asks', async () => {
    const { exitCode, of } = await examine({ TUESDAY_DATA_DIR: '/proc/x/data' });
    expect(exitCode).toBe(3);
    expect(of('data folder')).toMatchObject({
      status: 'missing',
      found: expect.stringMatching(/^\/proc\/x\/data cannot be written \(\w+ at \/proc\)$/),
    });
  });

  it('names everything that is missing at once, and changes nothing', async () => {
    folder.write({ file: 'text' });
    const { exitCode, of } = await examine({
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      DATABASE_URL: 'postgres://someone:secret@127.0.0.1:1/db',
      TUESDAY_DATA_DIR: join(folder.path(), 'file/data'),
    });
    expect(exitCode).toBe(3);
    expect(of('Temporal')).toMatchObject({
      status: 'missing',
      found: expect.stringContaining('127.0.0.1:1'),
    });
    expect(of('PostgreSQL')).toMatchObject({
      status: 'missing',
      mend: expect.stringContaining('DATABASE_URL'),
    });
    expect(JSON.stringify(of('PostgreSQL'))).not.toContain('secret');
    expect(of('data folder')).toMatchObject({
      status: 'missing',
      mend: expect.stringContaining('--data-dir'),
    });
    expect(of('Node')?.status).toBe('ok');
  });
});

describe('`tuesday doctor` beside a Tuesday that runs', () => {
  it('names channels that do not take their notifications', async () => {
    const here = await serveTestInstallation();
    const up = { pid: process.pid, apiUrl: here.api.url };
    folder.write({ '.tuesday/up.json': JSON.stringify(up) });
    expect((await examine()).of('channels')).toMatchObject({ status: 'ok' });
    const run = { namespace: here.namespace, workflowId: 'r-1', firstRunId: 'f' };
    const delivery = { run, event: 'run_ended', version: 9, at: 1, channel: 'leads' } as const;
    await here.ledger.deliveries.beginDelivery(delivery);
    await here.ledger.deliveries.noteFailedTry(delivery, 'the receiver answered 500');
    const { exitCode, of } = await examine();
    expect(exitCode).toBe(0);
    expect(of('channels')).toMatchObject({
      status: 'note',
      found: expect.stringMatching(
        /^leads: 1 tried again, 0 given up \(the receiver answered 500, 2\d{3}-/,
      ),
      mend: expect.stringContaining('TUESDAY_NOTIFICATIONS'),
    });
    await here.close();
  });
});

describe('`tuesday doctor` on settings files', () => {
  it('reads each that is set as `tuesday up` does, and hides no fault behind another', async () => {
    folder.write({
      'limits.json': '{"runsAtWork": {"installation": 0}}',
      'sources.json': '{"data": {"kind": "data_folder", "folder": "away"}}',
      'channels.json': '{"leads": {"kind": "slack", "urlEnv": "NOT_SET", "events": ["run_ended"]}}',
    });
    const at = (file: string) => join(folder.path(), file);
    const { exitCode, of } = await examine({
      TUESDAY_LIMITS: at('limits.json'),
      TUESDAY_SOURCES: at('sources.json'),
      TUESDAY_SIMULATOR_FAULTS: at('none.json'),
      TUESDAY_NOTIFICATIONS: at('channels.json'),
    });
    expect(exitCode).toBe(3);
    expect(of('TUESDAY_LIMITS')).toMatchObject({
      status: 'missing',
      found: expect.stringContaining('runsAtWork/installation'),
    });
    expect(of('TUESDAY_SOURCES')).toMatchObject({
      status: 'note',
      mend: expect.stringContaining('is not there'),
    });
    expect(of('TUESDAY_SIMULATOR_FAULTS')).toMatchObject({ status: 'missing' });
    expect(of('TUESDAY_NOTIFICATIONS')).toMatchObject({
      status: 'missing',
      found: expect.stringContaining('leads/urlEnv: the variable NOT_SET is not set'),
    });
    expect(of('TUESDAY_PRICES')).toBeUndefined();
  });
});

describe('`tuesday teams`', () => {
  it('lists the ready teams, gives a definition to start from, and checks it', async () => {
    const list = await tuesday(['teams']);
    expect(list.stdout).toMatch(/report \d.*research → analysis → writing → review → publishing/);
    const { stdout: definition } = await tuesday(['teams', '--show', 'report']);
    folder.write({ 'mine.json': definition, 'bad.json': '{"name": "A"}' });
    const checked = await tuesday(['teams', 'check', join(folder.path(), 'mine.json')]);
    expect([checked.exitCode, checked.stdout]).toEqual([0, expect.stringContaining('can be run')]);
    const bad = await tuesday(['teams', 'check', join(folder.path(), 'bad.json'), '--json']);
    expect(bad.exitCode).toBe(2);
    const { valid, problems } = JSON.parse(bad.stdout);
    expect(valid).toBe(false);
    expect(problems.map(({ path }: { path: string }) => path)).toEqual(
      expect.arrayContaining(['name', 'version', 'phases']),
    );
  });
});
