import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { publishFileTool } from '../../../activities/tools/publish-file';
import { sha256Of } from '../../../contracts/content';
import { effectStepKey, runKey } from '../../../contracts/ids';
import { useTemporaryFolder } from '../../support/document-folder';
import { MemoryContentStore } from '../../support/memory-content-store';
import { validInput } from '../../support/valid-input';

const folder = useTemporaryFolder();
const content = new MemoryContentStore();

function stepKeyOf(workflowId: string, firstRunId = 'first-run'): string {
  const run = runKey({ namespace: 'default', workflowId, firstRunId });
  return effectStepKey({ runKey: run, phase: 'publishing', item: '-', round: 1 }, 0);
}
const contextOf = (stepKey: string) => ({
  content,
  documents: undefined,
  signal: new AbortController().signal,
  stepKey,
});
/** As the agent loop does: the input is validated, then the tool runs. */
async function publish(input: unknown, stepKey = stepKeyOf('key'), root = folder.path()) {
  const tool = publishFileTool(root);
  return tool.run(validInput(tool, input), contextOf(stepKey));
}
const files = () =>
  readdirSync(folder.path(), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

describe('publish_file', () => {
  it('writes below the publish root, in a folder of the run, and stores what it wrote', async () => {
    const text = '# Grüße 🎉\n';
    const result = await publish({ path: 'deep/er/report.md', content: text });
    expect(result).toEqual({
      path: join('key-first-run', 'deep', 'er', 'report.md'),
      sha256: sha256Of(Buffer.from(text)),
      bytes: Buffer.byteLength(text),
    });
    const { path, sha256 } = result as { path: string; sha256: string };
    expect(isAbsolute(path)).toBe(false);
    expect(readFileSync(join(folder.path(), path), 'utf8')).toBe(text);
    expect((await content.get(sha256)).mediaType).toBe('text/markdown; charset=utf-8');
    expect(files()).toEqual(['report.md']);
  });

  it('changes nothing when it is carried out again', async () => {
    const input = { path: 'report.md', content: 'the same' };
    const first = await publish(input);
    const file = join(folder.path(), (first as { path: string }).path);
    const { ino } = statSync(file);
    expect(await publish(input)).toEqual(first);
    expect(statSync(file).ino).toBe(ino);
    expect(files()).toEqual(['report.md']);
  });

  it('puts back what somebody else has changed', async () => {
    const input = { path: 'report.md', content: 'the same' };
    const file = join(folder.path(), ((await publish(input)) as { path: string }).path);
    writeFileSync(file, 'other!!!');
    await publish(input);
    expect(readFileSync(file, 'utf8')).toBe('the same');
  });

  it('is never seen half written', async () => {
    const texts = ['a', 'b'].map((letter) => letter.repeat(3_000_000));
    const first = await publish({ path: 'report.md', content: texts[0] });
    const file = join(folder.path(), (first as { path: string }).path);
    let done = false;
    const replacing = publish({ path: 'report.md', content: texts[1] }).then(() => {
      done = true;
    });
    const seen = new Set<string>();
    while (!done) {
      seen.add(readFileSync(file, 'utf8'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await replacing;
    for (const text of seen) expect(texts).toContain(text);
    expect(readFileSync(file, 'utf8')).toBe(texts[1]);
  });

  it('keeps runs of the same name apart, also where the name is long', async () => {
    const input = { path: 'report.md', content: 'x' };
    const keys = [
      stepKeyOf('key', 'first-run'),
      stepKeyOf('key', 'second-run'),
      stepKeyOf(`k${':'.repeat(199)}`, 'third-run'),
      stepKeyOf(`k${':'.repeat(199)}`, 'fourth-run'),
    ];
    const results = await Promise.all(keys.map((key) => publish(input, key)));
    expect(new Set(results.map((result) => (result as { path: string }).path)).size).toBe(4);
    expect(files()).toHaveLength(4);
  });

  it.each([
    '../report.md',
    '/etc/passwd',
    '.hidden',
    '',
    'a\\b.md',
    'C:\\report.md',
    'a\0b',
    'ü.md',
    'x'.repeat(201),
    'a/../../other-first-run/report.md',
    'a/..',
    'a/./b',
    'a//b',
    'a/.hidden',
    'a/',
  ])('refuses the path %j as bad input', async (path) => {
    await expect(publish({ path, content: 'x' })).rejects.toThrow();
    expect(files()).toEqual([]);
  });

  it.each(['run.json', 'RUN.json', 'texts', 'texts/a.md.txt'])(
    'refuses %s, which exports of a run use',
    async (path) => {
      await expect(publish({ path, content: 'x' })).rejects.toMatchObject({
        kind: 'invalid_input',
        retryable: false,
      });
      expect(files()).toEqual([]);
    },
  );

  it('has one place for names that some file systems take for the same', () => {
    const placeOf = (path: string) => publishFileTool('.').place?.({ path, content: '' });
    expect(placeOf('a/Report.md')).toBe(placeOf('a/report.md'));
    expect(placeOf('b/report.md')).not.toBe(placeOf('a/report.md'));
  });

  it('is written whole by several attempts at once, and leaves no draft', async () => {
    const text = 'x'.repeat(3_000_000);
    const all = Array.from({ length: 5 }, () => publish({ path: 'report.md', content: text }));
    for (const result of await Promise.all(all))
      expect(result).toMatchObject({ sha256: sha256Of(text) });
    expect(files()).toEqual(['report.md']);
  });

  it('removes what a killed worker has left, but no draft that is being written', async () => {
    const drafts = join(folder.path(), '.drafts');
    mkdirSync(drafts);
    for (const name of ['old', 'new']) writeFileSync(join(drafts, name), 'half');
    const yesterday = new Date(Date.now() - 86_400_000);
    utimesSync(join(drafts, 'old'), yesterday, yesterday);
    await publish({ path: 'report.md', content: 'x' });
    expect(files().sort()).toEqual(['new', 'report.md']);
  });

  it('refuses more than it publishes, in bytes', async () => {
    const tooLarge = 'ü'.repeat(5_000_001);
    await expect(publish({ path: 'big.md', content: tooLarge })).rejects.toMatchObject({
      kind: 'too_large',
      retryable: false,
      message: expect.stringContaining('10000000 bytes'),
    });
    expect(files()).toEqual([]);
  });

  it('says for good when another file is in the way', async () => {
    await publish({ path: 'a', content: 'x' });
    await publish({ path: 'b/c', content: 'x' });
    for (const path of ['a/below', 'b'])
      await expect(publish({ path, content: 'x' })).rejects.toMatchObject({
        kind: 'invalid_input',
        retryable: false,
      });
    expect(files().sort()).toEqual(['a', 'c']);
  });

  it('can be tried again where the root cannot be written now', async () => {
    writeFileSync(join(folder.path(), 'file'), '');
    const root = join(folder.path(), 'file', 'root');
    await expect(
      publish({ path: 'report.md', content: 'x' }, stepKeyOf('key'), root),
    ).rejects.toMatchObject({ kind: 'unavailable', retryable: true });
  });
});
