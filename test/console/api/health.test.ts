import { startTcpProxy } from '../../../bench/support/tcp-proxy';
import { Health } from '../../../contracts/api';
import { openLedger } from '../../../ledger';
import { freshDatabase } from '../../support/servers';
import { ask } from './ask';
import { serveTestInstallation } from './served-api';

it('health is red while the ledger is frozen, with since when and what waits, and well after', async () => {
  const database = await freshDatabase();
  const url = new URL(database.url);
  const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.host = `127.0.0.1:${proxy.port}`;
  const ledger = await openLedger(url.href);
  const here = await serveTestInstallation((deps) => ({ ...deps, reader: ledger.reader }));
  const health = async () => {
    const asked = performance.now();
    const { status, body } = await ask(`${here.api.url}/v1/health`);
    expect(performance.now() - asked).toBeLessThan(2_000);
    expect(status).toBe(body.status === 'ok' ? 200 : 503);
    return Health.parse(body);
  };
  try {
    expect(await health()).toMatchObject({ status: 'ok', ledger: 'up', away: [] });
    const frozenAt = Date.now();
    proxy.freeze();
    const red = await health();
    expect(red).toMatchObject({ status: 'degraded', ledger: 'down', temporal: 'up' });
    expect(red.away).toEqual([
      {
        part: 'ledger',
        since: expect.any(String),
        waits: expect.stringMatching(/nothing is bought/),
      },
    ]);
    const since = red.away[0]?.since ?? '';
    expect(Date.parse(since)).toBeGreaterThanOrEqual(frozenAt);
    // As long as it lasts, it began then.
    expect((await health()).away[0]?.since).toBe(since);
    proxy.thaw();
    expect(await health()).toMatchObject({ status: 'ok', ledger: 'up', away: [] });
  } finally {
    await here.close();
    await ledger.close();
    await proxy.close();
    await database.drop();
  }
});
