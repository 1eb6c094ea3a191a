/** Whom an installation tells of its runs: the file that `TUESDAY_NOTIFICATIONS` names. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Channel, Channels, Send } from '../activities/notify/channel';
import { type MailServer, mailSender } from '../activities/notify/mail';
import { slackSender, webhookSender } from '../activities/notify/post';
import { API_DEFAULT_URL } from '../contracts/api';
import { UserError } from '../contracts/errors';
import { HttpUrl } from '../contracts/http-url';
import { type ChannelSettings, ChannelsFile } from './channel-settings';
import { readSettingsFile } from './settings-file';
import { isSigningSecret, SIGNING_SECRET_RULE } from './signing-secret';

const VARIABLE = 'TUESDAY_NOTIFICATIONS';
const CONSOLE_VARIABLE = 'TUESDAY_CONSOLE_URL';
const EXAMPLE =
  '{"name": {"kind": "webhook", "url": "https://…", "secretEnv": "VARIABLE", "events": ["review_opened"]}}';

/** What is wrong with a channel, at a place of it. */
class WrongChannel extends Error {
  constructor(
    readonly place: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The channels by name, with secrets from the variables that the file names; none where the variable
 * is not set.
 * @param ownApiUrl where links lead unless something else is said
 * @throws UserError `bad_input` naming the file and the place, never a secret.
 */
export async function loadChannels(
  env: NodeJS.ProcessEnv,
  ownApiUrl = API_DEFAULT_URL,
): Promise<Channels> {
  const file = await readSettingsFile(env, VARIABLE, ChannelsFile, EXAMPLE);
  if (!file) return {};
  const consoleUrl = consoleOf(env);
  const channels: [string, Channel][] = [];
  for (const [name, settings] of Object.entries(file.content))
    try {
      const base = settings.consoleUrl ?? consoleUrl;
      const link =
        base === undefined ? apiLink(env.TUESDAY_API_URL || ownApiUrl) : consoleLink(base);
      const send = await senderOf(settings, dirname(file.path), env);
      channels.push([name, { interest: settings, content: settings.content, link, send }]);
    } catch (error) {
      if (!(error instanceof WrongChannel)) throw error;
      throw file.wrong(`${name}/${error.place}`, error.message);
    }
  return Object.fromEntries(channels);
}

export function consoleOf(env: NodeJS.ProcessEnv): string | undefined {
  const url = env[CONSOLE_VARIABLE];
  if (!url) return undefined;
  const parsed = HttpUrl.safeParse(url);
  if (parsed.success) return parsed.data;
  throw new UserError(
    'bad_input',
    `${CONSOLE_VARIABLE} ${parsed.error.issues[0]?.message}, e.g. https://tuesday.example.`,
    CONSOLE_VARIABLE,
  );
}

const part = encodeURIComponent;
const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

const consoleLink =
  (base: string): Channel['link'] =>
  (run, review) =>
    `${withoutSlash(base)}/runs/${part(run)}${review === undefined ? '' : `/reviews/${part(review)}`}`;

const apiLink = (base: string): Channel['link'] => consoleLink(`${withoutSlash(base)}/v1`);

async function senderOf(
  settings: ChannelSettings,
  beside: string,
  env: NodeJS.ProcessEnv,
): Promise<Send> {
  const secret = (place: string, variable: string): string => {
    const value = env[variable];
    if (!value) throw new WrongChannel(place, `the variable ${variable} is not set`);
    return value;
  };
  switch (settings.kind) {
    case 'webhook': {
      const signing = secret('secretEnv', settings.secretEnv);
      if (!isSigningSecret(signing)) throw new WrongChannel('secretEnv', SIGNING_SECRET_RULE);
      return webhookSender({ url: settings.url, secret: signing });
    }
    case 'slack': {
      const url = secret('urlEnv', settings.urlEnv);
      const [issue] = HttpUrl.safeParse(url).error?.issues ?? [];
      if (issue)
        throw new WrongChannel('urlEnv', `the variable ${settings.urlEnv} ${issue.message}`);
      return slackSender({ url });
    }
    case 'email': {
      const { host, port, security, userEnv, passwordEnv, caFile, from, to } = settings;
      const server: MailServer = {
        ...{ host, port, security },
        ...(userEnv === undefined ? {} : { user: secret('userEnv', userEnv) }),
        ...(passwordEnv === undefined ? {} : { password: secret('passwordEnv', passwordEnv) }),
        ...(caFile === undefined ? {} : { ca: await certificate(resolve(beside, caFile)) }),
      };
      return mailSender({ ...server, from, to });
    }
  }
}

async function certificate(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new WrongChannel('caFile', `${path} cannot be read (${code})`);
  }
}
