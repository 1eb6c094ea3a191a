/**
 * Sessions of people who use the console.
 *
 * 1. A cookie says who signed in and until when, under a MAC: nothing is kept for a session.
 * 2. One that was opened with an API token is good for as long as the token is.
 * 3. One that was ended is ended for good, also for a copy of its cookie.
 */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Person, RoleName } from '../../../contracts/access';
import { SESSION_MS } from '../../../contracts/limits';
import { holderOf, type TokenLedger } from '../../../contracts/tokens';
import { refused, type SignedIn, usable } from './sign-in';

const Content = z.object({
  id: z.string(),
  until: z.int(),
  tokenId: z.string().optional(),
  person: z.object({
    id: z.string(),
    roles: z.array(RoleName),
    groups: z.array(z.string()),
    confined: z.boolean(),
  }),
});
type Content = z.infer<typeof Content>;

export interface Session {
  id: string;
  person: Person;
  until: Date;
  /** Known to pages of ours alone: a foreign page can send the cookie, but cannot read this. */
  csrfToken: string;
}

export interface Sessions {
  open(signedIn: SignedIn): { session: Session; cookie: string };
  /** @throws UserError `unauthenticated` for a session that is at its end, or is none */
  find(cookie: string): Promise<Session>;
  end(session: Session): Promise<void>;
}

/** @param key 32 bytes or more, the same in every process of an installation */
export function createSessions(key: Uint8Array, tokens: TokenLedger): Sessions {
  const macOf = (what: 'session' | 'csrf', text: string): string =>
    createHmac('sha256', key).update(`${what} ${text}`).digest('base64url');
  const sessionOf = ({ id, until }: Content, person: Person): Session => ({
    id,
    person,
    until: new Date(until),
    csrfToken: macOf('csrf', id),
  });
  return {
    open({ person, tokenId }) {
      const { id, roles, groups, confined = false } = person;
      const content: Content = {
        id: randomUUID(),
        until: Date.now() + SESSION_MS,
        person: { id, roles: [...roles], groups: [...groups], confined },
        ...(tokenId === undefined ? {} : { tokenId }),
      };
      const text = Buffer.from(JSON.stringify(content)).toString('base64url');
      return { session: sessionOf(content, person), cookie: `${text}.${macOf('session', text)}` };
    },
    async find(cookie) {
      const [text = '', mac = ''] = cookie.split('.');
      if (!isSame(mac, macOf('session', text)))
        throw refused('The session is not one of ours: sign in again.');
      const content = Content.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
      if (content.until <= Date.now() || (await tokens.hasEnded(content.id)))
        throw refused('The session is at its end: sign in again.');
      return sessionOf(content, await holder(tokens, content));
    },
    end: ({ id, until }) => tokens.endSession(id, until),
  };
}

async function holder(tokens: TokenLedger, { person, tokenId }: Content): Promise<Person> {
  if (tokenId === undefined) return person;
  const token = await tokens.findToken({ id: tokenId });
  if (!token) throw refused('The token of this session is no more: sign in again.');
  return holderOf(usable(token));
}

export function isSame(given: string, own: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(own)];
  return a.length === b.length && timingSafeEqual(a, b);
}
