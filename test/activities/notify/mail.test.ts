import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { NotDelivered } from '../../../activities/notify/channel';
import { type MailChannel, mailSender } from '../../../activities/notify/mail';
import type { Notice } from '../../../contracts/notifications';
import { freePort } from '../../../ledger/embedded/process/free-port';
import { MAIL_CERTIFICATE, MAIL_KEY } from '../../support/mail-certificate';
import {
  type MailServer,
  type MailServerOptions,
  startMailServer,
} from '../../support/mail-server';

const NOTICE: Notice = {
  type: 'run_ended',
  timestamp: '2026-11-21T15:00:00.000Z',
  data: {
    ...{ run: 'r-1', team: 'report', version: '1.0.0' },
    title: 'Run completed: r-1 (report)',
    text: 'Completed 2 of 2 phases – “all” of them.',
    link: 'https://tuesday.example/runs/r-1',
    end: { status: 'completed', settledMicroUsd: 1, unsettledMicroUsd: 0 },
  },
};
const account = { user: 'tuesday', password: 'a password' };
const tls = { key: MAIL_KEY, cert: MAIL_CERTIFICATE };

describe('a channel by e-mail', () => {
  const servers: MailServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function start(options?: MailServerOptions): Promise<MailServer> {
    const server = await startMailServer(options);
    servers.push(server);
    return server;
  }
  const send = (
    { host, port }: Pick<MailServer, 'host' | 'port'>,
    changes: Partial<MailChannel> = {},
    signal = AbortSignal.timeout(20_000),
  ) =>
    mailSender({
      ...{ host, port, security: 'none', from: 'tuesday@example.com', to: ['ann@example.com'] },
      ...changes,
    })(NOTICE, 'msg_1', signal);
  const failure = (sending: Promise<unknown>): Promise<NotDelivered> =>
    sending.then(
      () => {
        throw new Error('it was sent');
      },
      (error) => {
        expect(error).toBeInstanceOf(NotDelivered);
        return error;
      },
    );

  it.each([
    ['from the first byte', { ...tls, secure: true }, 'tls' as const],
    ['once it has asked for TLS', tls, 'starttls' as const],
  ])('signs in behind TLS %s', async (_words, options, security) => {
    const server = await start({ ...options, account });
    await send(server, { security, ...account, ca: MAIL_CERTIFICATE });
    expect(server.received).toEqual([
      expect.objectContaining({ secure: true, user: account.user, to: ['ann@example.com'] }),
    ]);
    expect(server.received[0]?.text).toContain(NOTICE.data.text);
  });

  it('sends nothing where the server offers no TLS, or nobody knows who it is', async () => {
    const open = await start();
    expect((await failure(send(open, { security: 'starttls' }))).message).toMatch(/ETLS/);
    const unknown = await start({ ...tls, account });
    const stranger = send(unknown, { security: 'starttls', ...account });
    expect((await failure(stranger)).message).toMatch(/^the mail server did not take it \(E\w+\)$/);
    expect([...open.received, ...unknown.received]).toEqual([]);
  });

  it('is refused with a wrong password, of which nothing is said', async () => {
    const server = await start({ account });
    const error = await failure(send(server, { ...account, password: 'another' }));
    expect(error.message).toBe('the mail server did not take it (EAUTH, 535)');
    expect(error.given.forGood).toBe(false);
  });

  it('has delivered what one address has taken, and says how many have not', async () => {
    const server = await start();
    server.refuse('bob@example.com', 550);
    const to = ['ann@example.com', 'bob@example.com'];
    expect(await send(server, { to })).toBe('the mail server refused 1 of 2 addresses');
    expect(server.received.map((mail) => mail.to)).toEqual([['ann@example.com']]);
  });

  it.each([
    [550, true],
    [451, false],
  ])('has not delivered what no address takes: %i', async (code, forGood) => {
    const server = await start();
    server.refuse('ann@example.com', code);
    const error = await failure(send(server));
    expect(error.message).toBe(`the mail server did not take it (EENVELOPE, ${code})`);
    expect(error.given.forGood).toBe(forGood);
  });

  it('gives up in its time, and where nobody listens', async () => {
    const nobody = { host: '127.0.0.1', port: await freePort() };
    expect((await failure(send(nobody))).message).toMatch(/ECONNECTION|ESOCKET|ECONNREFUSED/);
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket));
    silent.listen(0, nobody.host);
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const soon = AbortSignal.timeout(100);
    expect((await failure(send({ ...nobody, port }, {}, soon))).message).toBe('no answer in time');
    for (const socket of sockets) socket.destroy();
    silent.close();
    await once(silent, 'close');
  });
});
