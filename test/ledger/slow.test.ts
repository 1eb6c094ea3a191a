import { startTcpProxy, type TcpProxy } from '../../bench/support/tcp-proxy';
import { type OpenLedger, openLedger } from '../../ledger';
import { freshDatabase, type TestDatabase } from '../support/servers';

let database: TestDatabase;
let proxy: TcpProxy;
let ledger: OpenLedger;
beforeAll(async () => {
  database = await freshDatabase();
  const url = new URL(database.url);
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  ledger = await openLedger(url.href);
});
afterAll(async () => {
  proxy.slow(0);
  await ledger.close();
  await proxy.close();
  await database.drop();
});

/** What the chaos campaign calls a slow ledger. */
const ANSWER_DELAY_MS = 2_000;

it('makes new connections to a server that takes two seconds for every answer', async () => {
  proxy.slow(ANSWER_DELAY_MS, 'to_client');
  const sha256 = await ledger.ledger.content.put(Buffer.from('late'), 'text/plain');
  proxy.slow(0);
  expect((await ledger.ledger.content.get(sha256)).bytes.toString()).toBe('late');
});
