import type {
  CachedExtraction,
  ExtractionCache,
} from '../../../activities/documents/extraction-cache';
import { createExtractionPool } from '../../../activities/documents/extraction-pool';
import { createIngest, type IngestContext } from '../../../activities/documents/ingest';
import { getJson, getText, putJson, type Sha256 } from '../../../contracts/content';
import { DOCUMENT_TYPES, type DocumentManifest } from '../../../contracts/documents';
import { makeDocx, makePdf } from '../../support/make-documents';
import { MemoryContentStore } from '../../support/memory-content-store';

class MemoryExtractionCache implements ExtractionCache {
  readonly known = new Map<string, CachedExtraction>();
  async get(sha256: Sha256, version: string) {
    return this.known.get(`${sha256} ${version}`);
  }
  async put(sha256: Sha256, version: string, extraction: CachedExtraction) {
    this.known.set(`${sha256} ${version}`, extraction);
  }
}

const pool = createExtractionPool();
afterAll(() => pool.close());

let content: MemoryContentStore;
let extractions: MemoryExtractionCache;
let ingest: ReturnType<typeof createIngest>;
beforeEach(() => {
  content = new MemoryContentStore();
  extractions = new MemoryExtractionCache();
  ingest = createIngest({ content, extractions, pool });
});

const context = (): IngestContext => ({
  signal: new AbortController().signal,
  heartbeat: () => {},
});

async function storeSources(files: [string, string, Buffer | string][]): Promise<Sha256> {
  const documents = [];
  for (const [name, mediaType, file] of files) {
    const bytes = Buffer.from(file);
    const sha256 = await content.put(bytes, mediaType);
    documents.push({ name, mediaType, sizeBytes: bytes.length, sha256 });
  }
  return putJson(content, { documents, skipped: [{ name: 'x.png', reason: 'a picture' }] });
}

describe('ingest', () => {
  it('makes a text of every document, in order, and takes over what was skipped', async () => {
    const sources = await storeSources([
      ['a.md', 'text/markdown', '# A\r\n\r\nText'],
      ['b.pdf', 'application/pdf', makePdf([['Page one'], ['Page two']])],
      ['c.docx', DOCUMENT_TYPES['.docx'], makeDocx(['A letter'])],
      ['d.html', 'text/html', '<p>Web</p>'],
      ['e.csv', 'text/csv', 'x,y\n1,2'],
    ]);
    const result = await ingest(sources, context());
    expect(result).toMatchObject({ documents: 5, unavailable: 0 });
    const manifest = await getJson<DocumentManifest>(content, result.documentsSha256);
    expect(manifest.skipped).toEqual([{ name: 'x.png', reason: 'a picture' }]);
    const texts = [];
    for (const { name, textSha256, characters, lines } of manifest.documents) {
      const text = await getText(content, textSha256);
      expect([characters, lines]).toEqual([text.length, text.split('\n').length]);
      texts.push([name, text]);
    }
    expect(texts).toEqual([
      ['a.md', '# A\n\nText'],
      ['b.pdf', 'Page one\n\nPage two'],
      ['c.docx', 'A letter'],
      ['d.html', 'Web'],
      ['e.csv', 'x,y\n1,2'],
    ]);
  });

  it('gives the same manifest again, out of the cache', async () => {
    const sources = await storeSources([
      ['a.md', 'text/markdown', 'A'],
      ['b.pdf', 'application/pdf', 'no PDF'],
    ]);
    const first = await ingest(sources, context());
    content.gets.length = 0;
    const cached = createIngest({
      content,
      extractions,
      pool: {
        threads: 2,
        extract: async () => {
          throw new Error('was extracted again');
        },
        close: async () => {},
      },
    });
    expect(await cached(sources, context())).toEqual(first);
    expect(content.gets).toEqual([sources]);
  });

  it('reads the same bytes anew when they are of another type', async () => {
    const sources = await storeSources([
      ['a.md', 'text/markdown', '<p>A</p>'],
      ['a.html', 'text/html', '<p>A</p>'],
    ]);
    const { documentsSha256 } = await ingest(sources, context());
    const { documents } = await getJson<DocumentManifest>(content, documentsSha256);
    const texts = await Promise.all(documents.map((d) => getText(content, d.textSha256)));
    expect(texts).toEqual(['<p>A</p>', 'A']);
  });

  it('lists documents that cannot be read with their reasons, and goes on with the others', async () => {
    const sources = await storeSources([
      ['a.pdf', 'application/pdf', 'no PDF'],
      ['b.md', 'text/markdown', 'B'],
      ['c.png', 'image/png', 'png'],
      ['d.md', 'text/markdown', ' \n '],
      ['lost.md', 'text/markdown', 'lost'],
      ['large.md', 'text/markdown', Buffer.alloc(20 * 1024 * 1024 + 1, 'x')],
    ]);
    for (const [sha256, { bytes }] of content.contents) {
      if (bytes.toString() === 'lost') content.contents.delete(sha256);
    }
    const result = await ingest(sources, context());
    expect(result).toMatchObject({ documents: 1, unavailable: 5 });
    const { unavailable } = await getJson<DocumentManifest>(content, result.documentsSha256);
    expect(unavailable).toEqual([
      { name: 'a.pdf', reason: 'is damaged or not what its file ending says' },
      { name: 'c.png', reason: 'is of a type that is not read (image/png)' },
      { name: 'd.md', reason: 'contains no text' },
      { name: 'lost.md', reason: 'was listed, but its content was never stored' },
      { name: 'large.md', reason: 'is larger than 20 MB' },
    ]);
  });

  it('leaves out what would make the texts too long together', async () => {
    const long = 'A long text. '.repeat(760_000);
    const files = Array.from({ length: 6 }, (_, i): [string, string, string] => [
      `${i}.txt`,
      'text/plain',
      `${i} ${long}`,
    ]);
    const result = await ingest(await storeSources(files), context());
    const { unavailable } = await getJson<DocumentManifest>(content, result.documentsSha256);
    expect(unavailable).toEqual([
      {
        name: '5.txt',
        reason: 'is left out, because all texts together would exceed 50000000 characters',
      },
    ]);
  });

  it('does not remember that a document took too long or too much memory: it may pass', async () => {
    const hasty = createExtractionPool({ extractionMs: 1 });
    const sources = await storeSources([['a.md', 'text/markdown', 'A']]);
    const impatient = createIngest({ content, extractions, pool: hasty });
    const { detailSha256 } = await impatient(sources, context());
    expect(await getText(content, detailSha256 ?? '')).toContain('could not be read within');
    await hasty.close();
    expect(extractions.known.size).toBe(0);
    expect(await ingest(sources, context())).toMatchObject({ documents: 1 });
  });

  it('says of a run in which no document is left which there were, and what is wrong with each', async () => {
    const sources = await storeSources([
      ['a.pdf', 'application/pdf', 'no PDF'],
      ...Array.from({ length: 21 }, (_, i): [string, string, string] => [
        `b${i}.md`,
        'text/markdown',
        ' ',
      ]),
    ]);
    const result = await ingest(sources, context());
    expect(result).toMatchObject({ documents: 0, unavailable: 22 });
    const { unavailable } = await getJson<DocumentManifest>(content, result.documentsSha256);
    expect(unavailable).toHaveLength(22);
    const detail = await getText(content, result.detailSha256 ?? '');
    expect(detail).toMatch(
      /^"a\.pdf" is damaged or not what its file ending says; "b0\.md" contains no text; .*; and 2 more$/,
    );
  });

  it('beats after each document', async () => {
    let beats = 0;
    const sources = await storeSources([
      ['a.md', 'text/markdown', 'A'],
      ['b.md', 'text/markdown', 'B'],
    ]);
    await ingest(sources, { ...context(), heartbeat: () => beats++ });
    expect(beats).toBeGreaterThanOrEqual(2);
  });

  it('beats while one document takes its time', async () => {
    const beats: number[] = [];
    const slow = Buffer.from('<div>'.repeat(1_000_000));
    const patient = createExtractionPool({ extractionMs: 3_500 });
    const sources = await storeSources([['a.html', 'text/html', slow]]);
    const impatient = createIngest({ content, extractions, pool: patient });
    const beating = { ...context(), heartbeat: () => beats.push(performance.now()) };
    const { detailSha256 } = await impatient(sources, beating);
    expect(await getText(content, detailSha256 ?? '')).toContain('within 3.5 s');
    await patient.close();
    expect(beats.length).toBeGreaterThanOrEqual(3);
  });

  it('stops when its signal is aborted, with the reason', async () => {
    const controller = new AbortController();
    const sources = await storeSources(
      Array.from({ length: 100 }, (_, i) => [`${i}.md`, 'text/markdown', `${i}`]),
    );
    const heartbeat = () => controller.abort(new Error('cancelled'));
    await expect(ingest(sources, { signal: controller.signal, heartbeat })).rejects.toThrow(
      'cancelled',
    );
    expect(extractions.known.size).toBeLessThan(10);
  });

  it('passes on what the store throws, since that is no fault of a document', async () => {
    const sources = await storeSources([['a.md', 'text/markdown', 'A']]);
    content.put = async () => {
      throw new Error('the store is down');
    };
    await expect(ingest(sources, context())).rejects.toThrow('the store is down');
  });

  it.each([
    [
      'no JSON',
      'not JSON',
      /^The list of documents is not JSON \(.*\): store a source manifest\.$/,
    ],
    [
      'another shape',
      '{"documents":[{"name":1}],"skipped":[]}',
      /^The list of documents is not a source manifest, documents\/0\/name is wrong: /,
    ],
    [
      'the same name twice',
      JSON.stringify({
        documents: Array(2).fill({
          name: 'a.md',
          mediaType: 'text/markdown',
          sizeBytes: 1,
          sha256: '0'.repeat(64),
        }),
        skipped: [],
      }),
      /^Two documents are named "a\.md": give each its own name\.$/,
    ],
    [
      'no documents',
      '{"documents":[],"skipped":[]}',
      /^The list of documents is empty: give at least one document\.$/,
    ],
    ...['\0', '\n', '\u2028', '\ud800', '\u007f'].map((odd): [string, string, RegExp] => [
      `a name with ${JSON.stringify(odd)} in it`,
      JSON.stringify({
        documents: [
          { name: `a${odd}.md`, mediaType: 'text/plain', sizeBytes: 1, sha256: '0'.repeat(64) },
        ],
        skipped: [],
      }),
      /documents\/0\/name is wrong: has a line break or another control character in its name\.$/,
    ]),
    [
      'too many documents',
      JSON.stringify({
        documents: Array.from({ length: 5_001 }, (_, i) => ({
          name: `${i}`,
          mediaType: 'text/markdown',
          sizeBytes: 1,
          sha256: '0'.repeat(64),
        })),
        skipped: [],
      }),
      /^A run takes at most 5000 documents, not 5001: leave some out\.$/,
    ],
  ])('refuses a manifest of %s', async (_, json, message) => {
    const sources = await content.put(Buffer.from(json), 'application/json');
    await expect(ingest(sources, context())).rejects.toMatchObject({
      name: 'UserError',
      kind: 'bad_input',
      message: expect.stringMatching(message),
    });
  });
});
