/** The campaign of `npm run chaos`, reduced: few runs, few faults, always the same ones. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCampaign } from '../../bench/chaos/campaign';
import type { Fault } from '../../bench/chaos/plan';

const FAULTS: Fault[] = [
  { kind: 'worker_killed', atMs: 5_000, forMs: 500, worker: 'worker-1' },
  {
    kind: 'link_cut',
    atMs: 9_000,
    forMs: 6_000,
    link: 'worker-2>temporal',
    direction: 'to_server',
  },
  { kind: 'ledger_frozen', atMs: 17_000, forMs: 4_000 },
  { kind: 'temporal_restarted', atMs: 22_000, forMs: 500, killed: true },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuesday-chaos-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('ends every run, repeats no effect and buys nothing twice while its parts fail', async () => {
  const said: string[] = [];
  const report = await runCampaign({
    seed: 1,
    runsCount: 6,
    durationMs: 25_000,
    faults: FAULTS,
    latency: { firstTokenMs: 300, perTokenMs: 2 },
    folder,
    onProgress: (line) => said.push(line),
  });
  expect(report.windows.map(({ fault }) => fault.kind)).toEqual(
    expect.arrayContaining(FAULTS.map(({ kind }) => kind)),
  );
  const broken = report.findings.filter(({ violations }) => violations.length > 0);
  expect({ broken, said: broken.length > 0 ? said : [] }).toEqual({ broken: [], said: [] });
  expect(report.findings[0]?.figures).toMatch(/^6 runs/);
}, 240_000);
