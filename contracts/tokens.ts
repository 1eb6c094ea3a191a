/** API tokens: what services and people's programs sign in with. The ledger knows their digests alone. */
import { z } from 'zod';
import { type Person, RoleName } from './access';
import type { Sha256 } from './content';
import { PERSON_GROUPS_MAX, TOKEN_DAYS, TOKEN_NAME_CHARACTERS_MAX } from './limits';
import { plainText } from './plain-text';
import { UserId } from './run';
import { NAME } from './team/schema';

/** By it people and scanners for secrets know a token when they see one. */
export const TOKEN_PREFIX = 'tdy_';
/** 32 random bytes as base64url. */
export const TOKEN = /^tdy_[A-Za-z0-9_-]{43}$/;

const GroupName = z
  .string()
  .regex(NAME, 'must be names of groups: a-z, 0-9, - and _, a letter first');

export const TokenInput = z
  .strictObject({
    name: plainText(TOKEN_NAME_CHARACTERS_MAX).describe('What it is for, e.g. `nightly reports`.'),
    user: UserId.describe('Opaque id of whoever signs in with it.'),
    roles: z.array(RoleName).min(1).describe('What it may be used for.'),
    groups: z
      .array(GroupName)
      .max(PERSON_GROUPS_MAX)
      .default([])
      .describe('Groups of reviewers that its user is in.'),
    confined: z.boolean().default(false).describe('Whether it reaches only runs of its own user.'),
    days: z
      .int()
      .min(TOKEN_DAYS.min)
      .max(TOKEN_DAYS.max)
      .default(TOKEN_DAYS.default)
      .describe('For how many days it can be used.'),
  })
  .refine(({ roles, confined }) => !(confined && roles.includes('admin')), {
    error: 'cannot be true for an admin, who reaches every run',
    path: ['confined'],
  });
export type TokenInput = z.infer<typeof TokenInput>;

/** A token without itself. */
export const TokenView = z.object({
  id: z.string().describe('Names it when it is revoked; it opens nothing.'),
  name: z.string(),
  user: z.string(),
  roles: z.array(RoleName),
  groups: z.array(z.string()),
  confined: z.boolean(),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().optional().describe('To the hour.'),
  revokedAt: z.iso.datetime().optional(),
  revokedBy: z.string().optional(),
});
export type TokenView = z.infer<typeof TokenView>;

export const TokenList = z.object({ tokens: z.array(TokenView) });

export const CreatedToken = TokenView.extend({
  token: z
    .string()
    .describe('The token itself. It is shown this once: nobody can look it up later.'),
});
export type CreatedToken = z.infer<typeof CreatedToken>;

export const TokenId = z.string().regex(/^[a-z0-9]{1,40}$/, 'must be the id of a token');

/** Tokens in the ledger. */
export interface TokenLedger {
  createToken(token: NewToken): Promise<TokenView>;
  /** By its digest, or by its id; also one that has expired or was revoked. Notes that it was used. */
  findToken(by: { sha256: Sha256 } | { id: string }): Promise<TokenView | undefined>;
  /** Newest first, those that can be used no more among them. */
  listTokens(): Promise<TokenView[]>;
  /** One that was revoked before stays as it is; undefined where there is none. */
  revokeToken(id: string, by: string): Promise<TokenView | undefined>;
  /** From now on the session is at its end, though its cookie would last until `until`. */
  endSession(id: string, until: Date): Promise<void>;
  hasEnded(sessionId: string): Promise<boolean>;
}

export interface NewToken extends Omit<TokenInput, 'days'> {
  id: string;
  sha256: Sha256;
  createdBy: string;
  expiresAt: Date;
}

/** Who signs in with it. */
export const holderOf = ({ user, roles, groups, confined }: TokenView): Person => ({
  id: user,
  roles,
  groups,
  confined,
});
