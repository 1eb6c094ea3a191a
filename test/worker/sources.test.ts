import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSources, missingFolders } from '../../worker/sources';
import { useTemporaryFolder } from '../support/document-folder';

const temporary = useTemporaryFolder();
const SECRET = 'Bearer hunter2';
const crm = { kind: 'mcp', url: 'https://crm.example/mcp' };
const news = { kind: 'mcp', command: ['npx', 'news-server'] };

function load(sources: unknown, env: NodeJS.ProcessEnv = {}) {
  const file = join(temporary.path(), 'sources.json');
  writeFileSync(file, typeof sources === 'string' ? sources : JSON.stringify(sources));
  return loadSources({ ...env, TUESDAY_SOURCES: file });
}

describe('the sources of an installation', () => {
  it('are none where no file is named', async () => {
    expect(await loadSources({})).toEqual({});
  });

  it('are read with what variables hold, and with folders beside their file', async () => {
    const folder = join(temporary.path(), 'filings');
    mkdirSync(folder);
    const env = { CRM_TOKEN: SECRET, NEWS_KEY: 'key' };
    const sources = {
      filings: { kind: 'data_folder', folder: 'filings', categories: ['financial'] },
      elsewhere: { kind: 'data_folder', folder },
      registry: { kind: 'http', origin: 'http://10.0.0.5:8080/' },
      news: { ...news, env: { LANG: 'C' }, envFrom: ['NEWS_KEY'] },
      crm: { ...crm, headersEnv: { authorization: 'CRM_TOKEN' } },
    };
    const categories: string[] = [];
    expect(await load(sources, env)).toEqual({
      filings: { kind: 'data_folder', folder, categories: ['financial'] },
      elsewhere: { kind: 'data_folder', folder, categories },
      registry: { kind: 'http', origin: 'http://10.0.0.5:8080', categories },
      news: { ...news, env: { LANG: 'C', NEWS_KEY: 'key' }, categories },
      crm: { ...crm, headers: { authorization: SECRET }, categories },
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', `{"crm": "${SECRET}"`, /cannot be read: it is not JSON\./],
    ['a list', [news], /wrong at its root/],
    ['a name that is none', { 'My CRM': crm }, /wrong at My CRM: .*a-z, 0-9/],
    ['a name that a tool’s could be', { a__b: crm }, /wrong at a__b: .*no __/],
    ['no kind', { crm: { url: crm.url } }, /crm\/kind: must have a "kind": data_folder, http, mcp/],
    ['another kind', { crm: { ...crm, kind: 'ftp' } }, /crm\/kind: must have a "kind"/],
    ['an unknown property', { crm: { ...crm, token: SECRET } }, /wrong at crm: .*token/],
    [
      'another category',
      { crm: { ...crm, categories: ['secret'] } },
      /categories\/0: must be one of personal, /,
    ],
    [
      'a file for a folder',
      { data: { kind: 'data_folder', folder: 'sources.json' } },
      /data\/folder: is no folder/,
    ],
    [
      'a path in an origin',
      { api: { kind: 'http', origin: 'http://10.0.0.5/v1' } },
      /api\/origin: must be an origin/,
    ],
    [
      'a password in an origin',
      { api: { kind: 'http', origin: 'http://a:hunter2@x' } },
      /api\/origin: must be a URL/,
    ],
    ['no command', { news: { ...news, command: [] } }, /news\/command: must name a program/],
    ['a command line', { news: { ...news, command: 'npx x' } }, /news\/command: must be a list/],
    ['neither command nor URL', { news: { kind: 'mcp' } }, /wrong at news: must have either/],
    ['both', { news: { ...news, url: crm.url } }, /wrong at news: must have either/],
    [
      'headers for a command',
      { news: { ...news, headersEnv: {} } },
      /news: "headersEnv" goes with/,
    ],
    ['variables for a URL', { crm: { ...crm, envFrom: [] } }, /crm: "env" and "envFrom" go with/],
    [
      'a value for the name of a variable',
      { crm: { ...crm, headersEnv: { authorization: SECRET } } },
      /crm\/headersEnv\/authorization: must be the name of a variable/,
    ],
    [
      'a header’s variable that is not set',
      { crm: { ...crm, headersEnv: { authorization: 'NOT_SET' } } },
      /crm\/headersEnv: the variable NOT_SET is not set/,
    ],
    [
      'a variable to pass on that is not set',
      { news: { ...news, envFrom: ['NOT_SET'] } },
      /news\/envFrom: the variable NOT_SET is not set/,
    ],
  ])('are refused in one sentence: %s', async (_words, sources, message) => {
    const error = await load(sources).then(
      () => new Error('it was taken'),
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ kind: 'bad_input', field: 'TUESDAY_SOURCES' });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
    expect(error.message).not.toContain('hunter2');
  });

  it('takes a folder that is away for a source that is down, and says so', async () => {
    const sources = await load({ data: { kind: 'data_folder', folder: 'none' } });
    expect(await missingFolders(sources)).toEqual([
      expect.stringMatching(/^the folder .*none of the source "data" is not there/),
    ]);
    mkdirSync(join(temporary.path(), 'none'));
    expect(await missingFolders(sources)).toEqual([]);
  });
});
