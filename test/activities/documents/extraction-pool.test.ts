import {
  createExtractionPool,
  type ExtractionPool,
  type ExtractionPoolOptions,
} from '../../../activities/documents/extraction-pool';
import type { ExtractionAnswer } from '../../../activities/documents/extraction-worker';
import { DOCUMENT_TYPES } from '../../../contracts/documents';
import { makeDocx, makePdf, makePdfBomb, makePdfOfStreams } from '../../support/make-documents';

const PDF = 'application/pdf';
const HTML = 'text/html';
const MARKDOWN = 'text/markdown';
/** Each paragraph is some objects for the parser: hundreds of megabytes of heap. */
const HUGE_HTML = Buffer.from('<p>x</p>'.repeat(2_000_000));
/** Unclosed elements take the parser quadratic time: minutes, for this many. */
const SLOW_HTML = Buffer.from('<div>'.repeat(1_000_000));

const pools: ExtractionPool[] = [];
const createPool = (options?: ExtractionPoolOptions) => {
  const pool = createExtractionPool(options);
  pools.push(pool);
  return pool;
};
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

const read = (answer: ExtractionAnswer) =>
  'text' in answer ? Buffer.from(answer.text).toString() : answer.problem;

describe('the extraction pool', () => {
  it('reads the lines and pages of a PDF as they are printed', async () => {
    const pool = createPool();
    const pdf = makePdf([['A title', 'with (two) lines'], [], ['Page three: café']]);
    const answer = await pool.extract(pdf, PDF);
    expect(read(answer)).toBe('A title\nwith (two) lines\n\nPage three: café');
    expect(answer).toMatchObject({ characters: 42, lines: 4 });
    expect(read(await pool.extract(pdf, PDF))).toBe(read(answer));
  });

  it('sets paragraphs of a PDF apart by what stands between them', async () => {
    const page =
      'BT /F1 12 Tf 14 TL 72 770 Td (One) Tj T* (still  one) Tj 0 -40 Td (Two) Tj ( and more) Tj ET';
    const pdf = makePdfOfStreams([Buffer.from(page)]);
    expect(read(await createPool().extract(pdf, PDF))).toBe('One\nstill one\n\nTwo and more');
  });

  it('reads the other types too', async () => {
    const pool = createPool();
    expect(read(await pool.extract(Buffer.from('# A'), MARKDOWN))).toBe('# A');
    expect(read(await pool.extract(Buffer.from('<p>A'), HTML))).toBe('A');
    expect(read(await pool.extract(makeDocx(['A']), DOCUMENT_TYPES['.docx']))).toBe('A');
  });

  it.each([
    ['is damaged', Buffer.from('%PDF-1.4\nnothing'), 'damaged'],
    ['is cut off', makePdf([['x'.repeat(500)]]).subarray(0, 500), 'damaged'],
    ['has no text, as a scan', makePdf([[], []]), 'no_text'],
    ['is protected by a password', encryptedPdf(), 'encrypted'],
  ])('tells a PDF that %s', async (_, pdf, kind) => {
    expect(read(await createPool().extract(pdf, PDF))).toMatchObject({ kind });
  });

  it('cuts off a document that takes too long, and goes on with the next', async () => {
    const pool = createPool({ extractionMs: 3_000 });
    const [slow, waiting] = await Promise.all([
      pool.extract(SLOW_HTML, HTML),
      pool.extract(Buffer.from('a'), MARKDOWN),
    ]);
    expect(read(slow)).toEqual({ kind: 'timeout', reason: 'could not be read within 3 s' });
    expect(read(waiting)).toBe('a');
    expect(read(await pool.extract(Buffer.from('b'), MARKDOWN))).toBe('b');
  });

  it('does not count the time that a document waits for a thread', async () => {
    const pool = createPool({ threads: 1, extractionMs: 3_000 });
    const slow = [1, 2].map(() => pool.extract(SLOW_HTML, HTML));
    const last = pool.extract(Buffer.from('a'), MARKDOWN);
    expect((await Promise.all(slow)).map(read)).toMatchObject([
      { kind: 'timeout' },
      { kind: 'timeout' },
    ]);
    expect(read(await last)).toBe('a');
  });

  it('cuts off a document that needs too much heap', async () => {
    const pool = createPool({ heapMb: 64 });
    expect(read(await pool.extract(HUGE_HTML, HTML))).toEqual({
      kind: 'memory',
      reason: 'needs too much memory to be read',
    });
    expect(read(await pool.extract(Buffer.from('a'), MARKDOWN))).toBe('a');
  });

  it('cuts off a document that needs too much memory outside the heap', async () => {
    const pool = createPool({ growthBytesMax: 200 * 1024 * 1024 });
    expect(read(await pool.extract(makePdfBomb(1_000), PDF))).toMatchObject({ kind: 'memory' });
    expect(read(await pool.extract(Buffer.from('a'), MARKDOWN))).toBe('a');
  });

  it('ends the work on a document whose signal is aborted, also while it waits', async () => {
    const pool = createPool({ threads: 1 });
    const controller = new AbortController();
    const running = pool.extract(SLOW_HTML, HTML, controller.signal);
    const waiting = pool.extract(Buffer.from('a'), MARKDOWN, controller.signal);
    controller.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    await expect(waiting).rejects.toThrow('cancelled');
    expect(read(await pool.extract(Buffer.from('b'), MARKDOWN))).toBe('b');
  });

  it('leaves the event loop free', async () => {
    const pool = createPool({ extractionMs: 2_000 });
    let beats = 0;
    const beating = setInterval(() => beats++, 20);
    await pool.extract(SLOW_HTML, HTML);
    clearInterval(beating);
    expect(beats).toBeGreaterThan(20);
  });

  it('rejects what is under way, waiting or yet to come when it is closed', async () => {
    const pool = createPool({ threads: 2 });
    const running = pool.extract(SLOW_HTML, HTML);
    await pool.extract(Buffer.from('a'), MARKDOWN);
    const waiting = [1, 2].map(() => pool.extract(SLOW_HTML, HTML));
    const rejected = Promise.all([
      expect(running).rejects.toThrow('Terminating worker thread'),
      ...waiting.map((one) => expect(one).rejects.toThrow()),
    ]);
    await pool.close();
    await rejected;
    await expect(pool.extract(Buffer.from('a'), MARKDOWN)).rejects.toThrow('is closed');
  });
});

/** The standard security handler with keys that no empty password fits. */
function encryptedPdf(): Buffer {
  const key = `<${'00'.repeat(32)}>`;
  return makePdfOfStreams([Buffer.from('BT ET')], {
    trailer: `/ID [${key} ${key}] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O ${key} /U ${key} >>`,
  });
}
