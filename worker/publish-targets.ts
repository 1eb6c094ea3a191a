/** Where an installation may publish over HTTP: the file that `TUESDAY_PUBLISH_TARGETS` names. */
import { z } from 'zod';
import { LOOKUP_KEY, type PublishTargets } from '../activities/tools/publish-http';
import { HttpUrl } from '../contracts/http-url';
import { NAME } from '../contracts/team/schema';
import { readSettingsFile } from './settings-file';
import { isSigningSecret, SIGNING_SECRET_RULE } from './signing-secret';

const VARIABLE = 'TUESDAY_PUBLISH_TARGETS';
const EXAMPLE = '{"name": {"url": "https://…", "secret": "whsec_…", "deduplicates": true}}';

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
      if (!isSigningSecret(secret)) throw file.wrong(place, SIGNING_SECRET_RULE);
      return [name, { url, secret, deduplicates, ...(lookupUrl ? { lookupUrl } : {}) }];
    }),
  );
}
