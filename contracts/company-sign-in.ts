/** How people sign in with their company: OpenID Connect, as an installation is configured with it. */
import { z } from 'zod';
import { RoleName } from './access';
import { HttpUrl } from './http-url';
import { NAME } from './team/schema';

const MAPPED_MAX = 200;
const CLAIM_CHARACTERS_MAX = 200;
const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/;

const SafeUrl = HttpUrl.refine(
  (url) => url.startsWith('https:') || LOOPBACK.test(new URL(url).hostname),
  { error: 'must begin with https://, since keys come from there' },
);
const Claim = z.string().min(1).max(CLAIM_CHARACTERS_MAX);
const GroupName = z
  .string()
  .regex(NAME, 'must be names of groups: a-z, 0-9, - and _, a letter first');

function mapped<S extends z.ZodType>(to: S) {
  return z
    .record(z.string().min(1), to)
    .refine((map) => Object.keys(map).length <= MAPPED_MAX, {
      error: `must have ${MAPPED_MAX} entries at most`,
    })
    .optional();
}

export const CompanySignIn = z.strictObject({
  /** As its tokens say it, to the letter. */
  issuer: SafeUrl,
  /** What tokens for Tuesday are made for; others are refused. */
  audience: z.string().min(1),
  /** Where its keys are. Default: where the issuer's discovery document says. */
  jwksUrl: SafeUrl.optional(),
  /** In which claims of a token things stand; `a.b` is `b` within `a`. */
  claims: z
    .strictObject({
      user: Claim.default('sub'),
      roles: Claim.default('roles'),
      groups: Claim.default('groups'),
    })
    .prefault({}),
  /** What the company calls roles. Default: as Tuesday does. */
  roles: mapped(z.array(RoleName)),
  /** What the company calls groups of reviewers. Default: as teams do. */
  groups: mapped(GroupName),
  /** Roles of everybody who signs in. */
  everyone: z.array(RoleName).default([]),
  /** Whether those reach their own runs alone who are no reviewer, operator or admin. */
  confined: z.boolean().default(false),
});
export type CompanySignIn = z.infer<typeof CompanySignIn>;
