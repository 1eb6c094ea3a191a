import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadChannels } from '../../worker/notification-channels';
import { useTemporaryFolder } from '../support/document-folder';
import { TARGET_SECRET } from '../support/publish-target';

const folder = useTemporaryFolder();
const events = ['review_opened'];
const hook = { kind: 'webhook', events, url: 'https://crm.example/hook', secretEnv: 'SECRET' };
const slack = { kind: 'slack', events, urlEnv: 'SLACK_URL' };
const mail = {
  ...{ kind: 'email', events, host: 'smtp.example', port: 587, security: 'starttls' },
  ...{ from: 'Tuesday <tuesday@example.com>', to: ['ann@example.com'] },
};
const SET = { SECRET: TARGET_SECRET, SLACK_URL: 'https://hooks.example/x/y', USER: 'u', PASS: 'p' };

function load(channels: unknown, env: NodeJS.ProcessEnv = SET, ownApiUrl?: string) {
  const file = join(folder.path(), 'channels.json');
  writeFileSync(file, typeof channels === 'string' ? channels : JSON.stringify(channels));
  return loadChannels({ ...env, TUESDAY_NOTIFICATIONS: file }, ownApiUrl);
}

describe('the notification channels of an installation', () => {
  it('are none where no file is named', async () => {
    expect(await loadChannels({})).toEqual({});
  });

  it('are read with what narrows them, and carry no content unless that is said', async () => {
    const narrowed = {
      ...{ teams: ['report'], phases: ['write'], reviews: ['approval'], groups: ['editors'] },
      ends: ['failed'],
    };
    const signedIn = { userEnv: 'USER', passwordEnv: 'PASS' };
    const channels = await load({
      hook: { ...hook, ...narrowed },
      slack: { ...slack, content: true },
      mail: { ...mail, ...signedIn },
      here: { ...mail, ...signedIn, host: '127.0.0.1', security: 'none' },
    });
    expect(Object.keys(channels)).toEqual(['hook', 'slack', 'mail', 'here']);
    expect(channels.hook?.interest).toMatchObject({ events, ...narrowed });
    expect(channels.hook?.content).toBe(false);
    expect(channels.slack?.content).toBe(true);
  });

  it.each<[string, object, NodeJS.ProcessEnv, string | undefined, string]>([
    [
      'its own',
      { consoleUrl: 'https://a.example/' },
      { TUESDAY_CONSOLE_URL: 'https://b.example' },
      undefined,
      'https://a.example/runs',
    ],
    [
      'the console',
      {},
      { TUESDAY_CONSOLE_URL: 'https://b.example/t/' },
      undefined,
      'https://b.example/t/runs',
    ],
    [
      'the API that is named',
      {},
      { TUESDAY_API_URL: 'https://c.example' },
      'http://d',
      'https://c.example/v1/runs',
    ],
    ['the API of the same process', {}, {}, 'http://127.0.0.1:1', 'http://127.0.0.1:1/v1/runs'],
    ['the API where it is usually', {}, {}, undefined, 'http://127.0.0.1:7333/v1/runs'],
  ])('link to %s', async (_words, changes, env, ownApiUrl, base) => {
    const { one } = await load({ one: { ...hook, ...changes } }, { ...SET, ...env }, ownApiUrl);
    expect(one?.link('r:1')).toBe(`${base}/r%3A1`);
    expect(one?.link('r-1', 'write-3')).toBe(`${base}/r-1/reviews/write-3`);
  });

  it.each<[string, unknown, RegExp, NodeJS.ProcessEnv?]>([
    ['no JSON', '{"hook": ', /cannot be read: it is not JSON\./],
    ['a list', [hook], /wrong at its root/],
    ['a name that is none', { 'My Hook': hook }, /wrong at My Hook: .*a-z, 0-9/],
    ['an unknown kind', { one: { ...hook, kind: 'pigeon' } }, /wrong at one\/kind: /],
    ['no event', { one: { ...hook, events: [] } }, /one\/events: must name an event/],
    [
      'an unknown event',
      { one: { ...hook, events: ['lunch'] } },
      /one\/events\/0: .*review_opened/,
    ],
    [
      'an unknown kind of review',
      { one: { ...hook, reviews: ['x'] } },
      /one\/reviews\/0: .*approval/,
    ],
    ['an unknown end', { one: { ...hook, ends: ['running'] } }, /one\/ends\/0: .*completed/],
    ['an unknown property', { one: { ...hook, secret: TARGET_SECRET } }, /wrong at one: .*secret/],
    ['another protocol', { one: { ...hook, url: 'ftp://x' } }, /one\/url: must be a URL/],
    [
      'a console that is none',
      { one: { ...hook, consoleUrl: 'x' } },
      /one\/consoleUrl: must be a URL/,
    ],
    [
      'a secret that is not set',
      { one: { ...hook, secretEnv: 'NOT_SET' } },
      /one\/secretEnv: the variable NOT_SET is not set/,
    ],
    [
      'a secret of another kind',
      { one: hook },
      /one\/secretEnv: a secret is whsec_/,
      { SECRET: 'hunter2' },
    ],
    ['a URL that is not set', { one: slack }, /one\/urlEnv: the variable SLACK_URL is not set/, {}],
    [
      'a URL that is none',
      { one: slack },
      /one\/urlEnv: the variable SLACK_URL must be a URL/,
      { SLACK_URL: 'hunter2' },
    ],
    [
      'an address that is none',
      { one: { ...mail, to: ['ann'] } },
      /one\/to\/0: must be an address/,
    ],
    [
      'two addresses in one',
      { one: { ...mail, from: 'a@b.c, d@e.f' } },
      /one\/from: must be an address/,
    ],
    ['a port that is none', { one: { ...mail, port: 0 } }, /wrong at one\/port: /],
    [
      'a user without a password',
      { one: { ...mail, userEnv: 'USER' } },
      /wrong at one: must have both/,
    ],
    [
      'a password in the clear',
      { one: { ...mail, security: 'none', userEnv: 'USER', passwordEnv: 'PASS' } },
      /one\/security: may not send a password in the clear/,
    ],
    [
      'a certificate that is not there',
      { one: { ...mail, caFile: 'no.pem' } },
      /one\/caFile: .*no\.pem cannot be read \(ENOENT\)/,
    ],
    [
      'too many',
      Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`c${n}`, hook])),
      /must have 50 channels at most/,
    ],
  ])('are refused in one sentence: %s', async (_words, channels, message, env = SET) => {
    const error = await load(channels, env).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ kind: 'bad_input', message: expect.stringMatching(message) });
    expect((error as Error).message).toMatch(/^The file .* TUESDAY_NOTIFICATIONS .*[^.]\.$/);
    expect((error as Error).message).not.toMatch(/hunter2|[^_]whsec_[A-Za-z0-9]/);
  });

  it('are refused with a console that is none', async () => {
    await expect(load({ hook }, { ...SET, TUESDAY_CONSOLE_URL: 'here' })).rejects.toThrow(
      /^TUESDAY_CONSOLE_URL must be a URL .*, e\.g\. https:\/\/tuesday\.example\.$/,
    );
  });
});
