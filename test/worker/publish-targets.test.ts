import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPublishTargets } from '../../worker/publish-targets';
import { useTemporaryFolder } from '../support/document-folder';
import { TARGET_SECRET } from '../support/publish-target';

const folder = useTemporaryFolder();
const good = { url: 'https://blog.example/posts', secret: TARGET_SECRET, deduplicates: true };

function load(targets: unknown, env: NodeJS.ProcessEnv = {}) {
  const file = join(folder.path(), 'targets.json');
  writeFileSync(file, typeof targets === 'string' ? targets : JSON.stringify(targets));
  return loadPublishTargets({ ...env, TUESDAY_PUBLISH_TARGETS: file });
}

describe('the publish targets of an installation', () => {
  it('are none where no file is named', async () => {
    expect(await loadPublishTargets({})).toEqual({});
  });

  it('are read with their secrets, from the file or from a variable', async () => {
    const lookupUrl = 'https://blog.example/posts/{key}';
    const { secret: _secret, ...open } = good;
    const targets = { blog: { ...good, lookupUrl }, other: { ...open, secretEnv: 'BLOG_SECRET' } };
    expect(await load(targets, { BLOG_SECRET: TARGET_SECRET })).toEqual({
      blog: { ...good, lookupUrl },
      other: good,
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', `{"blog": "${TARGET_SECRET}"`, /cannot be read: it is not JSON\./],
    ['a list', [good], /wrong at its root/],
    ['a name that is none', { 'My Blog': good }, /wrong at My Blog: .*a-z, 0-9/],
    ['an unknown property', { blog: { ...good, retries: 3 } }, /wrong at blog: .*retries/],
    ['no word on duplicates', { blog: { ...good, deduplicates: undefined } }, /blog\/deduplicates/],
    ['another protocol', { blog: { ...good, url: 'ftp://x' } }, /blog\/url: must be a URL/],
    [
      'a password in a URL',
      { blog: { ...good, url: 'https://a:b@x' } },
      /blog\/url: must be a URL/,
    ],
    [
      'a lookup of nothing',
      { blog: { ...good, lookupUrl: 'https://x/' } },
      /lookupUrl: must say with \{key\}/,
    ],
    ['both secrets', { blog: { ...good, secretEnv: 'X' } }, /wrong at blog: must have either/],
    ['no secret', { blog: { ...good, secret: undefined } }, /wrong at blog: must have either/],
    [
      'a secret of another kind',
      { blog: { ...good, secret: 'hunter2' } },
      /blog\/secret: a secret is whsec_/,
    ],
    [
      'a variable that is not set',
      { blog: { ...good, secret: undefined, secretEnv: 'NOT_SET' } },
      /blog\/secretEnv: the variable NOT_SET is not set/,
    ],
  ])('are refused in one sentence: %s', async (_words, targets, message) => {
    const error = await load(targets).then(
      () => new Error('it was taken'),
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ kind: 'bad_input', field: 'TUESDAY_PUBLISH_TARGETS' });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
    for (const secret of [TARGET_SECRET, 'hunter2']) expect(error.message).not.toContain(secret);
  });

  it('are refused where the file is missing', async () => {
    await expect(
      loadPublishTargets({ TUESDAY_PUBLISH_TARGETS: join(folder.path(), 'none.json') }),
    ).rejects.toMatchObject({ kind: 'bad_input', message: expect.stringContaining('none.json') });
  });
});
