import { quotesExist } from '../../../activities/checks/quotes-exist';
import { putText } from '../../../contracts/content';
import type { DocumentManifest } from '../../../contracts/documents';
import { MemoryContentStore } from '../../support/memory-content-store';

const content = new MemoryContentStore();
const TEXTS: Record<string, string> = {
  'a.md': 'First line.\nWhales sing “loudly”,\nand dive. 🐋\nFirst line.',
  'b/c.md': 'Other words.',
};

async function check(output: Record<string, unknown>, texts = TEXTS) {
  const documents = await Promise.all(
    Object.entries(texts).map(async ([name, text]) => ({
      name,
      sha256: '0'.repeat(64),
      textSha256: await putText(content, text),
      characters: text.length,
    })),
  );
  const manifest = { documents, unavailable: [], skipped: [] } as unknown as DocumentManifest;
  return quotesExist(
    {
      output,
      inputs: {},
      question: '',
      toolResults: [],
      documents: manifest,
      text: async (sha256) => (await content.get(sha256)).bytes.toString('utf8'),
    },
    content,
  );
}

describe('quotesExist', () => {
  it('accepts what stands in the named document, across lines too', async () => {
    const quote = 'sing “loudly”,\nand dive. 🐋';
    expect(await check({ findings: [{ quote, document: 'a.md', line: 2 }] })).toEqual({
      problems: [],
      corrections: [],
    });
  });

  it('puts lines right, and leaves out what states none', async () => {
    const { problems, corrections } = await check({
      findings: [
        { quote: 'and dive.', document: 'a.md', line: 1 },
        { quote: 'Other words.', document: 'b/c.md' },
        { quote: 'First line.', document: 'a.md', line: 4 },
      ],
    });
    expect(problems).toEqual([]);
    // The first place counts, where a quote stands in several.
    expect(corrections).toEqual([
      { path: '/findings/0/line', value: 3 },
      { path: '/findings/2/line', value: 1 },
    ]);
  });

  it.each([
    ['another case', 'whales sing'],
    ['other quotation marks', 'sing "loudly"'],
    ['other white space', 'loudly”, and dive.'],
    ['left-out words', 'Whales … dive.'],
    ['another document', 'Other words.'],
    ['nothing', ''],
    ['half a letter', '\ud83d'],
  ])('refuses %s', async (_what, quote) => {
    const { problems } = await check({ findings: [{ quote, document: 'a.md' }] });
    expect(problems).toEqual([
      { path: '/findings/0/quote', message: expect.stringContaining('does not stand in a.md') },
    ]);
  });

  it.each(['A.md', 'a', './a.md', 'c.md', ''])('refuses the document %j', async (document) => {
    const { problems } = await check({ deep: { er: { quote: 'First line.', document } } });
    expect(problems).toEqual([
      { path: '/deep/er/document', message: expect.stringContaining('not one of the documents') },
    ]);
  });

  it('refuses every quote where there are no documents', async () => {
    expect((await check({ quote: 'x', document: 'a.md' }, {})).problems).toHaveLength(1);
  });

  it('finds quotes anywhere, and names their places as JSON pointers', async () => {
    const wrong = { quote: 'never said', document: 'a.md' };
    const { problems } = await check({ 'a/b': { 'c~d': [[{ more: wrong }]] }, ...wrong });
    expect(problems.map(({ path }) => path)).toEqual(['/quote', '/a~1b/c~0d/0/0/more/quote']);
  });

  it('has nothing to say about objects that quote nothing', async () => {
    const output = { quote: 5, document: 'a.md', items: [{ quote: 'x' }, null, 'quote'] };
    expect(await check(output)).toEqual({ problems: [], corrections: [] });
  });
});
