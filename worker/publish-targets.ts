/** Where an installation may publish over HTTP: the file that `TUESDAY_PUBLISH_TARGETS` names. */
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { LOOKUP_KEY, type PublishTargets } from '../activities/tools/publish-http';
import { HttpUrl } from '../contracts/http-url';
import { NAME } from '../contracts/team/schema';
import { readSettingsFile } from './settings-file';

const VARIABLE = 'TUESDAY_PUBLISH_TARGETS';
const EXAMPLE = '{"name": {"url": "https://…", "secret": "whsec_…", "deduplicates": true}}';
/** Standard Webhooks asks for 24 to 64 bytes; in base64. */
const SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;

const TargetsFile = z.record(
  z.string().regex(NAME, 'is no name: a-z, 0-9, - and _, a letter first, 40 characters at most'),
  z
    .strictObject({
      url: HttpUrl,
      secret: z.string().optional(),
      secretEnv: z.string().min(1).optional(),
      deduplicates: z.boolean(),
      lookupUrl: HttpUrl.refine((url) => url.includes(LOOKUP_KEY), {
        error: `must say with ${LOOKUP_KEY} where the key goes`,
      }).optional(),
    })
    .refine(({ secret, secretEnv }) => (secret === undefined) !== (secretEnv === undefined), {
      error: 'must have either "secret" or "secretEnv"',
    }),
);

/**
 * The targets by name; none where the variable is not set.
 * @throws UserError `bad_input` naming the file and the place, never a secret.
 */
export async function loadPublishTargets(env: NodeJS.ProcessEnv): Promise<PublishTargets> {
  const file = await readSettingsFile(env, VARIABLE, TargetsFile, EXAMPLE);
  if (!file) return {};
  return Object.fromEntries(
    Object.entries(file.content).map(([name, target]) => {
      const { url, deduplicates, lookupUrl, secretEnv } = target;
      const secret = secretEnv === undefined ? target.secret : env[secretEnv];
      const place = `${name}/${secretEnv === undefined ? 'secret' : 'secretEnv'}`;
      if (!secret) throw file.wrong(place, `the variable ${secretEnv} is not set`);
      if (!isSecret(secret))
        throw file.wrong(place, 'a secret is whsec_ and the base64 of 24 to 64 bytes');
      return [name, { url, secret, deduplicates, ...(lookupUrl ? { lookupUrl } : {}) }];
    }),
  );
}

function isSecret(secret: string): boolean {
  if (!SECRET.test(secret)) return false;
  try {
    new Webhook(secret);
    return true;
  } catch {
    // Base64 that cannot be decoded.
    return false;
  }
}
