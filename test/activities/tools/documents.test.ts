import {
  createDocumentSearch,
  type DocumentSearch,
} from '../../../activities/documents/document-search';
import { readDocumentTool } from '../../../activities/tools/read-document';
import { searchDocumentsTool } from '../../../activities/tools/search-documents';
import type { Tool, ToolContext } from '../../../activities/tools/tool';
import { putJson, putText, type Sha256 } from '../../../contracts/content';
import { MemoryContentStore } from '../../support/memory-content-store';
import { validInput } from '../../support/valid-input';

const content = new MemoryContentStore();
let search: DocumentSearch;
let documents: Sha256;
let context: ToolContext;

const TEXTS = {
  'guide.md': 'Guide\n\nWhales sing.\n  They also dive.',
  'notes/minutes.md': 'Minutes',
  'notes/Café.md': 'Coffee',
  'long.txt': Array.from({ length: 1_000 }, (_, i) => `Line ${i + 1} ${'.'.repeat(50)}`).join('\n'),
  'one-line.csv': '😀'.repeat(15_000),
};

beforeAll(async () => {
  search = createDocumentSearch(content);
  const listed = [];
  for (const [name, text] of Object.entries(TEXTS)) {
    listed.push({ name, textSha256: await putText(content, text), characters: text.length });
  }
  const unavailable = [{ name: 'scan.pdf', reason: 'contains no text' }];
  documents = await putJson(content, { documents: listed, unavailable, skipped: [] });
  const { signal } = new AbortController();
  context = { content, documents, signal, stepKey: 'key' };
});
afterAll(() => search.close());

/** As the agent loop does: the input is validated, then the tool runs. */
const call = <Input>(tool: Tool<Input>, input: unknown, to: ToolContext = context) =>
  Promise.resolve(validInput(tool, input)).then((valid) => tool.run(valid, to));

describe('search_documents', () => {
  const run = (input: unknown, to?: ToolContext) => call(searchDocumentsTool(search), input, to);

  it('returns passages with document, line and verbatim text, and how many there are', async () => {
    expect(await run({ query: 'whales' })).toEqual({
      passages: [{ document: 'guide.md', line: 1, text: TEXTS['guide.md'] }],
      total: 1,
    });
  });

  it('returns as many as asked for, eight by default', async () => {
    const many = (await run({ query: 'line', limit: 3 })) as { passages: unknown[] };
    expect(many.passages).toHaveLength(3);
    const standard = (await run({ query: 'line' })) as { passages: unknown[]; total: number };
    expect(standard.passages).toHaveLength(8);
    expect(standard.total).toBeGreaterThan(50);
  });

  it('returns nothing, and no error, when nothing fits', async () => {
    expect(await run({ query: 'xylophone' })).toEqual({ passages: [], total: 0 });
  });

  it.each([
    ['no query', {}],
    ['an empty query', { query: '' }],
    ['an endless query', { query: 'x'.repeat(501) }],
    ['too many results', { query: 'x', limit: 21 }],
    ['no results', { query: 'x', limit: 0 }],
    ['half a result', { query: 'x', limit: 1.5 }],
    ['an unknown parameter', { query: 'x', offset: 1 }],
  ])('does not take %s', (_, input) => {
    expect(searchDocumentsTool(search).input.parse(input)).toHaveProperty('problems');
  });

  it('says so when the run has no documents', async () => {
    await expect(run({ query: 'x' }, { ...context, documents: undefined })).rejects.toMatchObject({
      name: 'ToolError',
      kind: 'not_found',
      retryable: false,
      message: 'This run has no documents to look into.',
    });
  });
});

describe('read_document', () => {
  const run = (input: unknown, to?: ToolContext) => call(readDocumentTool(), input, to);

  it('returns the lines verbatim, with where they stand', async () => {
    expect(await run({ document: 'guide.md', fromLine: 3, lines: 2 })).toEqual({
      document: 'guide.md',
      fromLine: 3,
      toLine: 4,
      totalLines: 4,
      text: 'Whales sing.\n  They also dive.',
    });
  });

  it('reads from the beginning, and to the end where that is nearer', async () => {
    expect(await run({ document: 'guide.md' })).toMatchObject({
      fromLine: 1,
      toLine: 4,
      text: TEXTS['guide.md'],
    });
    expect(await run({ document: 'long.txt' })).toMatchObject({ toLine: 120, totalLines: 1_000 });
  });

  it('ends with a whole line where the text would be too long, and says with which', async () => {
    const result = await run({ document: 'long.txt', fromLine: 2, lines: 400 });
    const { text, toLine } = result as { text: string; toLine: number };
    expect(text.length).toBeLessThanOrEqual(20_000);
    expect(text.split('\n')).toHaveLength(toLine - 1);
    expect(text.endsWith(`Line ${toLine} ${'.'.repeat(50)}`)).toBe(true);
    expect(toLine).toBeLessThan(401);
  });

  it('gives the beginning of a line that is too long alone, and says so', async () => {
    expect(await run({ document: 'one-line.csv' })).toEqual({
      document: 'one-line.csv',
      fromLine: 1,
      toLine: 1,
      totalLines: 1,
      text: '😀'.repeat(10_000),
      note: 'The line is longer than 20000 characters; only its beginning is given. search_documents finds passages in the rest of it.',
    });
  });

  it('takes a name in another normal form of Unicode', async () => {
    const document = 'notes/Café.md'.normalize('NFD');
    expect(await run({ document })).toMatchObject({ document: 'notes/Café.md', text: 'Coffee' });
  });

  it.each([
    ['without its folder', 'minutes.md', /Close to it: "notes\/minutes\.md"\.$/],
    ['in another folder', 'docs/minutes.md', /Close to it: "notes\/minutes\.md"/],
    ['in another case', 'GUIDE.MD', /Close to it: "guide\.md"/],
    ['with a slip', 'notes/minuts.md', /Close to it: "notes\/minutes\.md"/],
    ['that is like no other', 'zzz', /search_documents names those that there are\.$/],
  ])('names close matches for a name %s', async (_, document, message) => {
    await expect(run({ document })).rejects.toMatchObject({
      name: 'ToolError',
      kind: 'not_found',
      retryable: false,
      message: expect.stringMatching(message),
    });
  });

  it('says why a document cannot be read', async () => {
    await expect(run({ document: 'scan.pdf' })).rejects.toMatchObject({
      kind: 'not_found',
      message: '"scan.pdf" cannot be read: it contains no text.',
    });
  });

  it('names the number of lines when asked for one beyond', async () => {
    await expect(run({ document: 'guide.md', fromLine: 5 })).rejects.toMatchObject({
      name: 'ToolError',
      kind: 'invalid_input',
      message: '"guide.md" has 4 lines, so there is no line 5.',
    });
  });

  it.each([
    ['line 0', { document: 'a', fromLine: 0 }],
    ['no lines', { document: 'a', lines: 0 }],
    ['too many lines', { document: 'a', lines: 401 }],
    ['no document', {}],
    ['an unknown parameter', { document: 'a', toLine: 3 }],
  ])('does not take %s', (_, input) => {
    expect(readDocumentTool().input.parse(input)).toHaveProperty('problems');
  });
});
