import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CollectOptions, collectDocuments } from '../../client/documents';
import { getJson } from '../../contracts/content';
import { plainName, SourceManifest } from '../../contracts/documents';
import { useTemporaryFolder } from '../support/document-folder';
import { makeDocx, makePdf } from '../support/make-documents';
import { MemoryContentStore } from '../support/memory-content-store';

const folder = useTemporaryFolder();
let store: MemoryContentStore;
beforeEach(() => {
  store = new MemoryContentStore();
});

const collect = (options?: CollectOptions, dir = folder.path()) =>
  collectDocuments(dir, store, options);
const names = (manifest: SourceManifest) => manifest.documents.map(({ name }) => name);

/** The one sentence that a person gets, without the name of the temporary folder. */
async function refusal(options?: CollectOptions, dir?: string): Promise<string> {
  const error = await collect(options, dir).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'UserError', kind: 'bad_input' });
  return (error as Error).message.replaceAll(folder.path(), 'DIR');
}

describe('collectDocuments', () => {
  it('stores every readable document of a folder and its subfolders, in the order of their names', async () => {
    folder.write({
      'b.txt': 'text',
      'a/z.md': '# Z',
      'a/y.HTML': '<p>Y</p>',
      'a.csv': 'x,y',
      'deep/er/report.pdf': makePdf([['A report']]),
      'deep/letter.docx': makeDocx(['A letter']),
    });
    const { manifest, manifestSha256 } = await collect();
    expect(names(manifest)).toEqual([
      'a.csv',
      'a/y.HTML',
      'a/z.md',
      'b.txt',
      'deep/er/report.pdf',
      'deep/letter.docx',
    ]);
    expect(manifest.documents[2]).toMatchObject({ mediaType: 'text/markdown', sizeBytes: 3 });
    expect(SourceManifest.parse(await getJson(store, manifestSha256))).toEqual(manifest);
    for (const { sha256, sizeBytes, mediaType } of manifest.documents) {
      expect(store.contents.get(sha256)?.bytes.length).toBe(sizeBytes);
      expect(store.contents.get(sha256)?.mediaType).toBe(mediaType);
    }
  });

  it('gives the same manifest for the same content in another folder', async () => {
    folder.write({ 'one/b.md': 'b', 'one/a/c.md': 'c', 'one/pic.png': 'png' });
    folder.write({ 'two/a/c.md': 'c', 'two/pic.png': 'other', 'two/b.md': 'b' });
    const one = await collect({}, join(folder.path(), 'one'));
    const two = await collect({}, join(folder.path(), 'two'));
    expect(two.manifestSha256).toBe(one.manifestSha256);
    folder.write({ 'two/b.md': 'changed' });
    const changed = await collect({}, join(folder.path(), 'two'));
    expect(changed.manifestSha256).not.toBe(one.manifestSha256);
  });

  it('does not look at hidden files, hidden folders and node_modules', async () => {
    folder.write({ 'a.md': 'a', '.secret.md': 's', '.git/b.md': 'b', 'x/node_modules/c.md': 'c' });
    const { manifest } = await collect();
    expect(names(manifest)).toEqual(['a.md']);
    expect(manifest.skipped).toEqual([]);
  });

  it.each(['.hidden', 'node_modules'])(
    'reads a folder named %s when it is asked for',
    async (name) => {
      folder.write({ [`${name}/a.md`]: 'a', [`${name}/p/node_modules/b.md`]: 'b' });
      const { manifest } = await collect({}, join(folder.path(), name));
      expect(names(manifest)).toEqual(['a.md']);
    },
  );

  it('lists files of other types and empty ones as skipped', async () => {
    folder.write({
      'a.md': 'a',
      'pic.png': 'x',
      'src/code.ts': 'y',
      'empty.md': '',
      'no-ending': '',
    });
    const { manifest } = await collect();
    expect(manifest.skipped).toEqual([
      { name: 'empty.md', reason: 'is empty' },
      { name: 'no-ending', reason: 'not a readable type' },
      { name: 'pic.png', reason: 'not a readable type' },
      { name: 'src/code.ts', reason: 'not a readable type' },
    ]);
  });

  it('walks into a folder whose name looks like a document', async () => {
    folder.write({ 'notes.md/a.txt': 'a' });
    expect(names((await collect()).manifest)).toEqual(['notes.md/a.txt']);
  });

  it('reports progress, once for each stored document', async () => {
    folder.write({ 'a.md': 'a', 'b.md': 'b', 'c.png': 'c' });
    const progress: number[][] = [];
    await collect({ onProgress: (done, total) => progress.push([done, total]) });
    expect(progress).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });

  it('stops storing when the store fails, and says what the store says', async () => {
    folder.write(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}.md`, `${i}`])));
    let puts = 0;
    const failing = {
      get: store.get,
      put: async () => {
        puts++;
        throw new Error('the store is down');
      },
    };
    await expect(collectDocuments(folder.path(), failing)).rejects.toThrow('the store is down');
    expect(puts).toBeLessThan(10);
  });
});

describe('links', () => {
  it('are not followed out of the folder', async () => {
    folder.write({ 'docs/a.md': 'a', 'outside/secret.md': 's' });
    const docs = join(folder.path(), 'docs');
    symlinkSync('../outside/secret.md', join(docs, 'file.md'));
    symlinkSync('../outside', join(docs, 'dir'));
    const { manifest } = await collect({}, docs);
    expect(names(manifest)).toEqual(['a.md']);
    expect(manifest.skipped).toEqual([
      { name: 'dir', reason: 'is a link that leads out of the folder' },
      { name: 'file.md', reason: 'is a link that leads out of the folder' },
    ]);
  });

  it('make no loops and add nothing twice', async () => {
    folder.write({ 'a/b.md': 'b' });
    symlinkSync('..', join(folder.path(), 'a/up'));
    symlinkSync('b.md', join(folder.path(), 'a/again.md'));
    const { manifest } = await collect();
    expect(names(manifest)).toEqual(['a/b.md']);
    expect(manifest.skipped.map(({ name }) => name)).toEqual(['a/again.md', 'a/up']);
  });

  it('bring in what only they lead to, as in a mounted ConfigMap', async () => {
    folder.write({ '..data_1/a.md': 'a', '..data_1/sub/b.md': 'b' });
    symlinkSync('..data_1', join(folder.path(), '..data'));
    symlinkSync('..data/a.md', join(folder.path(), 'a.md'));
    symlinkSync('..data/sub', join(folder.path(), 'sub'));
    const { manifest } = await collect();
    expect(names(manifest)).toEqual(['a.md', 'sub/b.md']);
  });

  it('to the folder itself are followed', async () => {
    folder.write({ 'docs/a.md': 'a' });
    symlinkSync('docs', join(folder.path(), 'link'));
    const { manifest } = await collect({}, join(folder.path(), 'link'));
    expect(names(manifest)).toEqual(['a.md']);
  });
});

describe('a folder that cannot be taken is refused', () => {
  it('when it is missing', async () => {
    expect(await refusal({}, join(folder.path(), 'nowhere'))).toBe(
      'The folder "DIR/nowhere" does not exist: give the path of a folder with documents.',
    );
  });

  it('when it is a file', async () => {
    folder.write({ 'a.md': 'a' });
    expect(await refusal({}, join(folder.path(), 'a.md'))).toBe(
      '"DIR/a.md" is a file, not a folder: give the folder that contains it.',
    );
  });

  it('when it is empty', async () => {
    expect(await refusal()).toBe(
      'The folder "DIR" is empty (hidden files and node_modules are not looked at): give a folder with files of these types: .md, .markdown, .txt, .html, .htm, .pdf, .docx, .csv.',
    );
  });

  it('when it holds nothing that can be read', async () => {
    folder.write({ 'pic.png': 'x' });
    expect(await refusal()).toBe(
      'The folder "DIR" holds no document that can be read (1 other file left out): give a folder with files of these types: .md, .markdown, .txt, .html, .htm, .pdf, .docx, .csv.',
    );
  });

  it('when everything in it has to be skipped', async () => {
    folder.write({ 'a.md': Buffer.from([0, 1, 2]) });
    expect(await refusal({ skipUnreadable: true })).toMatch(/^The folder "DIR" holds no document/);
  });

  it('when its folders are nested too deep', async () => {
    folder.write({ [`${'d/'.repeat(70)}a.md`]: 'a' });
    expect(await refusal()).toBe(
      'The folder "DIR" is more than 64 folders deep: give a smaller folder.',
    );
  });

  it('when it holds too many documents', async () => {
    mkdirSync(join(folder.path(), 'many'));
    for (let i = 0; i <= 5_000; i++) writeFileSync(join(folder.path(), 'many', `${i}.md`), 'x');
    expect(await refusal()).toBe(
      'The folder "DIR" holds more than 5000 documents: give a smaller folder.',
    );
  });

  it('when its documents are too large together, skipping or not', async () => {
    for (let i = 0; i < 27; i++) {
      const path = join(folder.path(), `${i}.pdf`);
      writeFileSync(path, makePdf([['x']]));
      truncateSync(path, 19 * 1024 * 1024);
    }
    const sentence =
      'The documents in "DIR" have 513 MB together, at most 500 MB can be taken: give a smaller folder.';
    expect(await refusal()).toBe(sentence);
    expect(await refusal({ skipUnreadable: true })).toBe(sentence);
    expect(store.contents.size).toBe(0);
  });
});

describe('a document that cannot be taken', () => {
  const CASES: [string, string, (path: string) => void, string][] = [
    [
      'is larger than 20 MB',
      'big.md',
      (path) => {
        writeFileSync(path, 'x');
        truncateSync(path, 50 * 1024 * 1024);
      },
      'is too large (50.0 MB of at most 20 MB)',
    ],
    [
      'has NUL bytes behind a text ending',
      'program.txt',
      (path) => writeFileSync(path, Buffer.from('\x7fELF\x02\x01\0\0\0')),
      'is binary, not text (it contains NUL bytes)',
    ],
    [
      'is full of control characters',
      'noise.csv',
      (path) =>
        writeFileSync(path, Buffer.from(Array.from({ length: 999 }, (_, i) => 1 + (i % 255)))),
      'is binary, not text (it is full of control characters)',
    ],
    [
      'is in an unknown encoding',
      'koi8.txt',
      (path) => writeFileSync(path, Buffer.from('f0d2c9d7c5d420cdc9d2', 'hex')),
      'is text in an unknown encoding; save it as UTF-8',
    ],
    [
      'is a link that leads nowhere',
      'gone.md',
      (path) => symlinkSync('nowhere.md', path),
      'is a link that leads nowhere (ENOENT)',
    ],
    [
      'is a link to itself',
      'self.md',
      (path) => symlinkSync('self.md', path),
      'is a link that leads nowhere (ELOOP)',
    ],
    ['is a pipe', 'pipe.md', (path) => execFileSync('mkfifo', [path]), 'is not a regular file'],
    ['is no PDF', 'fake.pdf', (path) => writeFileSync(path, '<html>'), 'is not a PDF'],
    [
      'is an old Word document',
      'old.docx',
      (path) => writeFileSync(path, Buffer.from('d0cf11e0a1b11ae1', 'hex')),
      'is not a Word document of today (.docx), or protected by a password; save it anew as .docx',
    ],
    [
      'has a path that is too long',
      `${`${'long'.repeat(25)}/`.repeat(5)}a-name.md`,
      (path) => writeFileSync(path, 'x'),
      'has a path of more than 512 characters',
    ],
    [
      'has a line break in its name',
      'two\nlines.md',
      (path) => writeFileSync(path, 'x'),
      'has a line break or another control character in its name',
    ],
  ];

  for (const [what, name, make, reason] of CASES) {
    describe(`because it ${what}`, () => {
      beforeEach(() => {
        folder.write({ 'good.md': 'good' });
        mkdirSync(join(folder.path(), name, '..'), { recursive: true });
        make(join(folder.path(), name));
      });

      it('is refused by name, before anything is stored', async () => {
        const message = await refusal();
        expect(message).toBe(
          `The document "${plainName(name)}" in "DIR" ${reason}: mend or remove it, or skip such files (skipUnreadable, --skip-unreadable).`,
        );
        expect(store.contents.size).toBe(0);
      });

      it('is skipped with its reason when told to', async () => {
        const { manifest } = await collect({ skipUnreadable: true });
        expect(manifest.skipped).toContainEqual({ name: plainName(name), reason });
        expect(names(manifest)).toContain('good.md');
        expect(names(manifest)).not.toContain(name);
      });
    });
  }

  it('is counted when there are others', async () => {
    folder.write({ 'b.pdf': 'x', 'a.pdf': 'x', 'c.md': 'c', 'd.pdf': 'x' });
    expect(await refusal()).toMatch(
      /^The document "a.pdf" in "DIR" is not a PDF, and 2 more cannot be taken either: mend/,
    );
  });

  it('has no permission: refused, or skipped when told to, files and folders alike', async () => {
    folder.write({ 'open.md': 'o', 'shut.md': 's', 'shut/x.md': 'x' });
    chmodSync(folder.path(), 0o755);
    chmodSync(join(folder.path(), 'shut.md'), 0o000);
    chmodSync(join(folder.path(), 'shut'), 0o000);
    await withoutRoot(async () => {
      expect(await refusal()).toMatch(
        /^The document "shut" in "DIR" is a folder that cannot be opened \(EACCES\), and 1 more/,
      );
      const { manifest } = await collect({ skipUnreadable: true });
      expect(names(manifest)).toEqual(['open.md']);
      expect(manifest.skipped).toEqual([
        { name: 'shut', reason: 'is a folder that cannot be opened (EACCES)' },
        { name: 'shut.md', reason: 'cannot be read (no permission)' },
      ]);
    });
    chmodSync(join(folder.path(), 'shut'), 0o755);
  });
});

it('lists faults first and cuts the list of skipped files at its limit, counting the rest', async () => {
  folder.write({ 'a.md': 'a', 'z.pdf': 'no pdf' });
  for (let i = 0; i < 2_100; i++) writeFileSync(join(folder.path(), `${i}.png`), '');
  const { manifest } = await collect({ skipUnreadable: true });
  expect(manifest.skipped).toHaveLength(2_001);
  expect(manifest.skipped[0]).toEqual({ name: 'z.pdf', reason: 'is not a PDF' });
  expect(manifest.skipped.at(-1)).toEqual({ name: '…', reason: '101 more files' });
});

/** Permissions do not hold root back, so the test gives up being root for a while. */
async function withoutRoot(test: () => Promise<void>): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await test();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
