/** Where an installation may publish over HTTP: the file that `TUESDAY_PUBLISH_TARGETS` names. */
import { readFile } from 'node:fs/promises';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { LOOKUP_KEY, type PublishTargets } from '../activities/tools/publish-http';
import { UserError } from '../contracts/errors';
import { NAME } from '../contracts/team/schema';

const VARIABLE = 'TUESDAY_PUBLISH_TARGETS';
/** Standard Webhooks asks for 24 to 64 bytes; in base64. */
const SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;

const HttpUrl = z.string().max(2_000).refine(isHttpUrl, {
  error: 'must be a URL that begins with http:// or https://, without user name and password',
});

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
  const file = env[VARIABLE];
  if (!file) return {};
  const parsed = TargetsFile.safeParse(await readJson(file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const [why] = issue?.code === 'invalid_key' ? issue.issues : [issue];
    throw wrong(file, issue?.path.join('/') || 'its root', why?.message ?? 'is not valid');
  }
  return Object.fromEntries(
    Object.entries(parsed.data).map(([name, target]) => {
      const { url, deduplicates, lookupUrl, secretEnv } = target;
      const secret = secretEnv === undefined ? target.secret : env[secretEnv];
      const place = `${name}/${secretEnv === undefined ? 'secret' : 'secretEnv'}`;
      if (!secret) throw wrong(file, place, `the variable ${secretEnv} is not set`);
      if (!isSecret(secret))
        throw wrong(file, place, 'a secret is whsec_ and the base64 of 24 to 64 bytes');
      return [name, { url, secret, deduplicates, ...(lookupUrl ? { lookupUrl } : {}) }];
    }),
  );
}

function wrong(file: string, place: string, message: string): UserError {
  return new UserError(
    'bad_input',
    `The file ${file} that ${VARIABLE} names is wrong at ${place}: ${message}; write {"name": {"url": "https://…", "secret": "whsec_…", "deduplicates": true}}.`,
    VARIABLE,
  );
}

function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
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

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    // What JSON.parse says quotes the text, and with it a secret.
    const reason = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message;
    throw new UserError(
      'bad_input',
      `The file ${file} that ${VARIABLE} names cannot be read: ${reason}.`,
      VARIABLE,
    );
  }
}
