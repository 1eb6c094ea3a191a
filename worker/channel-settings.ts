/** The file of notification channels, as it is written. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { HttpUrl } from '../contracts/http-url';
import { CHANNEL_ADDRESSES_MAX, CHANNELS_MAX } from '../contracts/limits';
import { NOTIFIED_EVENTS } from '../contracts/notifications';
import { REVIEW_KINDS } from '../contracts/reviews';
import { RUN_ENDS } from '../contracts/run-status';
import { NAME } from '../contracts/team/schema';

const NARROWED_MAX = 100;
const PORT_MAX = 65_535;
const ADDRESS_CHARACTERS_MAX = 320;

const Variable = z.string().min(1);
const Names = z.array(z.string().min(1)).min(1).max(NARROWED_MAX);
const Address = z
  .string()
  .max(ADDRESS_CHARACTERS_MAX)
  .regex(
    /^(?:[^\p{Cc}<>@,]*<[^\s<>@,]+@[^\s<>@,]+>|[^\s<>@,]+@[^\s<>@,]+)$/u,
    'must be an address such as name@example.com or Name <name@example.com>',
  );

const common = {
  events: z.array(z.enum(NOTIFIED_EVENTS)).min(1, 'must name an event'),
  teams: Names.optional(),
  phases: Names.optional(),
  reviews: z.array(z.enum(REVIEW_KINDS)).min(1).optional(),
  groups: Names.optional(),
  ends: z.array(z.enum(RUN_ENDS)).min(1).optional(),
  content: z.boolean().default(false),
  consoleUrl: HttpUrl.optional(),
};

const WebhookChannel = z.strictObject({
  kind: z.literal('webhook'),
  ...common,
  url: HttpUrl,
  secretEnv: Variable,
});

/** Its URL is a secret. */
const SlackChannel = z.strictObject({ kind: z.literal('slack'), ...common, urlEnv: Variable });

const MailChannel = z
  .strictObject({
    kind: z.literal('email'),
    ...common,
    host: z.string().min(1),
    port: z.int().min(1).max(PORT_MAX),
    security: z.enum(['tls', 'starttls', 'none']),
    userEnv: Variable.optional(),
    passwordEnv: Variable.optional(),
    caFile: z.string().min(1).optional(),
    from: Address,
    to: z.array(Address).min(1).max(CHANNEL_ADDRESSES_MAX),
  })
  .refine(({ userEnv, passwordEnv }) => (userEnv === undefined) === (passwordEnv === undefined), {
    error: 'must have both "userEnv" and "passwordEnv", or neither',
  })
  .refine(({ security, host, userEnv }) => !userEnv || security !== 'none' || isLoopback(host), {
    error: 'may not send a password in the clear: "security" must be "tls" or "starttls"',
    path: ['security'],
  });

export const ChannelSettings = z.discriminatedUnion('kind', [
  WebhookChannel,
  SlackChannel,
  MailChannel,
]);
export type ChannelSettings = z.infer<typeof ChannelSettings>;

export const ChannelsFile = z
  .record(
    z.string().regex(NAME, 'is no name: a-z, 0-9, - and _, a letter first, 40 characters at most'),
    ChannelSettings,
  )
  .refine((channels) => Object.keys(channels).length <= CHANNELS_MAX, {
    error: `must have ${CHANNELS_MAX} channels at most`,
  });

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
