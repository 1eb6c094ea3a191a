/** Notices by e-mail, over SMTP. */
import { createTransport } from 'nodemailer';
import type { Notice } from '../../contracts/notifications';
import { reviewLines } from '../../domain/notification-words';
import { NotDelivered, type Send } from './channel';
import { contentLines } from './post';

export interface MailServer {
  host: string;
  port: number;
  /** `tls`: from the first byte; `starttls`: before anything is said, or not at all; `none`: in the clear. */
  security: 'tls' | 'starttls' | 'none';
  user?: string;
  password?: string;
  /** PEM of the authority that the server's certificate is from; default: those that Node knows. */
  ca?: string;
}

export interface MailChannel extends MailServer {
  from: string;
  to: readonly string[];
}

/** Of a server that answers nothing. */
const SILENCE_MS = 10_000;
/** Replies to an address by which a server says: never. */
const NEVER_FROM = 550;

export function mailSender({ from, to, ...server }: MailChannel): Send {
  const domain = /@([^\s@>]+)>?$/.exec(from)?.[1] ?? server.host;
  return async (notice, id, signal) => {
    const transport = createTransport(transportOptions(server));
    const late = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new NotDelivered('no answer in time')));
    });
    try {
      const sending = transport.sendMail({
        from,
        to: [...to],
        subject: notice.data.title,
        text: mailText(notice),
        messageId: `<${id}@${domain}>`,
        date: new Date(notice.timestamp),
        // No answer by a machine: nobody reads it.
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      const { rejected } = await Promise.race([sending, late]);
      return rejected.length > 0
        ? `the mail server refused ${rejected.length} of ${to.length} addresses`
        : undefined;
    } catch (error) {
      throw error instanceof NotDelivered ? error : notDelivered(error);
    } finally {
      transport.close();
    }
  };
}

function transportOptions({ host, port, security, user, password, ca }: MailServer) {
  return {
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    dnsTimeout: SILENCE_MS,
    connectionTimeout: SILENCE_MS,
    greetingTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** What a server says may hold addresses: only its code is kept. */
function notDelivered(error: unknown): NotDelivered {
  const { code = 'unknown', responseCode } = error as { code?: string; responseCode?: number };
  const said = responseCode === undefined ? code : `${code}, ${responseCode}`;
  const forGood = code === 'EENVELOPE' && (responseCode ?? 0) >= NEVER_FROM;
  return new NotDelivered(`the mail server did not take it (${said})`, { forGood });
}

export function mailText({ data }: Notice): string {
  const { text, link, review, content } = data;
  return [text, ...(review ? reviewLines(review) : []), ...contentLines(content), link, ''].join(
    '\n\n',
  );
}
