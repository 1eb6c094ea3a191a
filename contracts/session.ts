/** Sessions of people who use the console, as the HTTP API tells them. */
import { z } from 'zod';
import { ACCESS_MODES, RoleName } from './access';
import { CREDENTIAL_CHARACTERS_MAX } from './limits';

/** Has to come with each request by cookie that changes something. */
export const CSRF_HEADER = 'x-csrf-token';

export const SessionBody = z.strictObject({
  token: z
    .string()
    .min(1)
    .max(CREDENTIAL_CHARACTERS_MAX)
    .describe('An API token, or a token of the company’s sign-in.'),
});

export const SessionView = z.object({
  id: z.string().describe('Opaque id of whoever is signed in.'),
  roles: z.array(RoleName),
  groups: z.array(z.string()),
  confined: z.boolean().describe('Whether only runs of one’s own are found.'),
  mode: z.enum(ACCESS_MODES).describe('`local`: nobody signs in, and only this machine may ask.'),
  csrfToken: z
    .string()
    .optional()
    .describe(`For the header ${CSRF_HEADER} of each request by cookie that changes something.`),
  expiresAt: z.iso.datetime().optional().describe('When the session ends.'),
});
export type SessionView = z.infer<typeof SessionView>;
