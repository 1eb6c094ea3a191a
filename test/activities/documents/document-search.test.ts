import {
  createDocumentSearch,
  type DocumentSearch,
} from '../../../activities/documents/document-search';
import { putJson, putText, type Sha256 } from '../../../contracts/content';
import { MemoryContentStore } from '../../support/memory-content-store';

let content: MemoryContentStore;
let search: DocumentSearch;
beforeEach(() => {
  content = new MemoryContentStore();
  search = createDocumentSearch(content);
});
afterEach(() => search.close());

async function storeManifest(texts: Record<string, string>): Promise<Sha256> {
  const documents = await Promise.all(
    Object.entries(texts).map(async ([name, text]) => ({
      name,
      textSha256: await putText(content, text),
      characters: text.length,
    })),
  );
  return putJson(content, { documents, unavailable: [], skipped: [] });
}

describe('document search', () => {
  it('builds an index once, however many want it', async () => {
    const key = await storeManifest({ 'a.md': 'About whales.', 'b.md': 'About cats.' });
    const results = await Promise.all(
      ['whales', 'cats', 'whales'].map((query) => search.search(key, query, 5)),
    );
    expect(results.map(({ passages }) => passages[0]?.document)).toEqual(['a.md', 'b.md', 'a.md']);
    await search.search(key, 'cats', 5);
    expect(content.gets.filter((sha256) => sha256 === key)).toHaveLength(1);
    expect(content.gets).toHaveLength(3);
  });

  it('keeps the indexes of different runs apart', async () => {
    const one = await storeManifest({ 'a.md': 'About whales.' });
    const two = await storeManifest({ 'b.md': 'About cats.' });
    const [inOne, inTwo] = await Promise.all([
      search.search(one, 'cats', 5),
      search.search(two, 'cats', 5),
    ]);
    expect([inOne.total, inTwo.total]).toEqual([0, 1]);
  });

  it('holds the four indexes used last and builds others again', async () => {
    const keys = [];
    for (let i = 0; i < 5; i++) keys.push(await storeManifest({ [`${i}.md`]: `Whale ${i}.` }));
    const [first, second, third, fourth, fifth] = keys as [Sha256, Sha256, Sha256, Sha256, Sha256];
    for (const key of [first, second, third, fourth, first, fifth]) {
      expect((await search.search(key, 'whale', 5)).total).toBe(1);
    }
    content.gets.length = 0;
    await search.search(first, 'whale', 5);
    expect(content.gets).toEqual([]);
    await search.search(second, 'whale', 5);
    expect(content.gets).toContain(second);
  });

  it('serves many runs at once, more than it holds', async () => {
    const keys = await Promise.all(
      Array.from({ length: 10 }, (_, i) => storeManifest({ [`${i}.md`]: `Whale ${i}.` })),
    );
    const results = await Promise.all(keys.map((key) => search.search(key, 'whale', 5)));
    expect(results.map(({ passages }) => passages[0]?.document)).toEqual(
      keys.map((_, i) => `${i}.md`),
    );
  });

  it('takes documents in batches', async () => {
    const texts = Array.from({ length: 130 }, (_, i) => [`${i}.md`, `Document number ${i}.`]);
    texts.push(['big.txt', 'A long line about whales. '.repeat(60_000)]);
    const key = await storeManifest(Object.fromEntries(texts));
    expect((await search.search(key, '129', 1)).passages[0]?.document).toBe('129.md');
    expect((await search.search(key, 'whales', 1)).passages[0]?.document).toBe('big.txt');
  });

  it('leaves the event loop free while it builds', async () => {
    const text = Array.from({ length: 300_000 }, (_, i) => `word${i % 5_000}`).join(' ');
    const key = await storeManifest({ 'a.md': text });
    let beats = 0;
    const beating = setInterval(() => beats++, 10);
    await search.search(key, 'word77', 5);
    clearInterval(beating);
    expect(beats).toBeGreaterThan(3);
  });

  it('stops waiting when the signal is aborted, and can be asked again', async () => {
    const key = await storeManifest({ 'a.md': 'About whales.' });
    const controller = new AbortController();
    const aborted = search.search(key, 'whales', 5, controller.signal);
    controller.abort(new Error('cancelled'));
    await expect(aborted).rejects.toThrow('cancelled');
    await expect(search.search(key, 'whales', 5, controller.signal)).rejects.toThrow('cancelled');
    expect((await search.search(key, 'whales', 5)).total).toBe(1);
  });

  it('passes on that a text is missing, and is not stuck with it', async () => {
    const key = await storeManifest({ 'a.md': 'About whales.' });
    const [text] =
      [...content.contents].find(([, { bytes }]) => `${bytes}` === 'About whales.') ?? [];
    content.contents.delete(text as Sha256);
    await expect(search.search(key, 'whales', 5)).rejects.toThrow('There is no artifact');
    await putText(content, 'About whales.');
    expect((await search.search(key, 'whales', 5)).total).toBe(1);
  });

  it('builds anew what a thread held that died', async () => {
    const tight = createDocumentSearch(content, { heapMb: 24 });
    const small = await storeManifest({ 'a.md': 'About whales.' });
    const words = Array.from({ length: 400_000 }, (_, i) => `word${i}`).join(' ');
    const large = await storeManifest({ 'b.md': words });
    expect((await tight.search(small, 'whales', 5)).total).toBe(1);
    await expect(tight.search(large, 'word1', 5)).rejects.toThrow('out of memory');
    expect((await tight.search(small, 'whales', 5)).total).toBe(1);
    await tight.close();
  });

  it('rejects every search once it is closed', async () => {
    const keys = [await storeManifest({ 'a.md': 'A' }), await storeManifest({ 'b.md': 'B' })];
    const underWay = keys.map((key) => search.search(key, 'whales', 5));
    const rejected = Promise.all(underWay.map((one) => expect(one).rejects.toThrow()));
    await search.close();
    await rejected;
    await expect(search.search(keys[0] as Sha256, 'whales', 5)).rejects.toThrow('is closed');
    await search.close();
  });
});
