/** A mail server that keeps what it is sent, and refuses what it is told to. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface ReceivedMail {
  from: string;
  to: string[];
  /** By name in lower case, unfolded. */
  headers: Record<string, string>;
  /** Decoded. */
  text: string;
  /** Whether it came behind TLS, and as whom. */
  secure: boolean;
  user?: string;
}

export interface MailServer {
  host: string;
  port: number;
  received: ReceivedMail[];
  /** Mails to these addresses are refused with this code. */
  refuse(address: string, code: number): void;
  close(): Promise<void>;
}

export interface MailServerOptions extends Pick<SMTPServerOptions, 'secure' | 'key' | 'cert'> {
  /** Default: nobody has to sign in. */
  account?: { user: string; password: string };
}

export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { account, ...tls } = options;
  const received: ReceivedMail[] = [];
  const refused = new Map<string, number>();
  const server = new SMTPServer({
    ...tls,
    ...(account ? {} : { authOptional: true }),
    ...(options.key ? {} : { disabledCommands: ['STARTTLS'] }),
    allowInsecureAuth: true,
    onAuth({ username, password }, _session, done) {
      if (username === account?.user && password === account?.password)
        done(null, { user: username });
      else done(new Error('wrong'));
    },
    onRcptTo({ address }, _session, done) {
      const responseCode = refused.get(address);
      done(
        responseCode === undefined
          ? null
          : Object.assign(new Error(`no ${address} here`), { responseCode }),
      );
    },
    onData(stream, { envelope, secure, user }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        received.push({
          from: envelope.mailFrom ? envelope.mailFrom.address : '',
          to: envelope.rcptTo.map(({ address }) => address),
          ...parsed(Buffer.concat(chunks).toString('utf8')),
          secure,
          ...(user ? { user: String(user) } : {}),
        });
        done();
      });
    },
  });
  // Clients that break off are what some tests are about.
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    received,
    refuse: (address, code) => void refused.set(address, code),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Of a mail of one part. */
function parsed(raw: string): Pick<ReceivedMail, 'headers' | 'text'> {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const [name = '', ...value] = line.split(': ');
      return [name.toLowerCase(), value.join(': ')];
    }),
  );
  const body = raw.slice(end + 4);
  const isQuoted = headers['content-transfer-encoding'] === 'quoted-printable';
  return { headers, text: (isQuoted ? unquoted(body) : body).replaceAll('\r\n', '\n') };
}

function unquoted(text: string): string {
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_code, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
