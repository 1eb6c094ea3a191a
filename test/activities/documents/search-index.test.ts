import { SearchIndex } from '../../../activities/documents/search-index';

function indexOf(documents: Record<string, string>): SearchIndex {
  const index = new SearchIndex();
  for (const [name, text] of Object.entries(documents)) index.add(name, text);
  return index;
}

const filler = (subject: string) =>
  Array.from(
    { length: 12 },
    (_, i) => `Paragraph ${i} about ${subject}. ${'More words. '.repeat(60)}`,
  );

describe('a search', () => {
  it('finds passages with the document and line where they stand, best first', () => {
    const index = indexOf({
      'cats.md': 'Cats\n\nA cat sleeps most of the day.',
      'dogs.md': 'Dogs\n\nA dog barks at the postman.',
    });
    const { passages, total } = index.search('barking dog', 5);
    expect(total).toBe(1);
    expect(passages).toEqual([
      { document: 'dogs.md', line: 1, text: 'Dogs\n\nA dog barks at the postman.' },
    ]);
  });

  it('spreads its passages over documents', () => {
    const index = indexOf({
      'much.md': filler('whales').join('\n\n'),
      'little.md': 'One remark about whales, hidden in a longer text on the sea. '.repeat(3),
      'other.md': 'Nothing of the kind.',
    });
    const { passages, total } = index.search('whales', 3);
    const documents = passages.map(({ document }) => document);
    expect(documents.filter((document) => document === 'much.md')).toHaveLength(2);
    expect(documents).toContain('little.md');
    expect(total).toBeGreaterThan(12);
  });

  it('fills up from the same document when no other has anything to say', () => {
    const index = indexOf({ 'only.md': filler('whales').join('\n\n') });
    const { passages } = index.search('whales', 8);
    expect(passages).toHaveLength(8);
    expect(new Set(passages.map(({ line }) => line)).size).toBe(8);
  });

  it('shows a passage once, however many copies there are', () => {
    const text = 'The same text about whales.';
    const { passages, total } = indexOf({ 'a.md': text, 'b.md': text }).search('whales', 5);
    expect(passages.map(({ document }) => document)).toEqual(['a.md']);
    expect(total).toBe(2);
  });

  it('gives the same result for the same documents and query', () => {
    const documents = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`${i}.md`, `${i}: equal words about equal things`]),
    );
    const first = indexOf(documents).search('equal things', 10);
    expect(indexOf(documents).search('equal things', 10)).toEqual(first);
    expect(first.passages.map(({ document }) => document)).toEqual(
      Array.from({ length: 10 }, (_, i) => `${i}.md`),
    );
  });

  it.each([
    ['case and accents', 'ZURICH', 'Trams in Zürich run on time.'],
    ['a small slip', 'temprature', 'The temperature rises.'],
    ['the beginning of a word', 'photo', 'About photosynthesis.'],
    ['Chinese', '北京', '我昨天从北京回来。'],
    ['Japanese', '東京', '明日は東京へ行きます。'],
    ['Russian', 'погода', 'Погода сегодня хорошая.'],
    ['a figure', '4711', 'Order number 4711 was sent.'],
    ['an identifier', 'max_tokens', 'Set max_tokens to 100.'],
  ])('finds %s', (_, query, text) => {
    const index = indexOf({ 'other.md': 'Quite another subject: 天気, 1234.', 'a.md': text });
    expect(index.search(query, 5).passages[0]).toMatchObject({ document: 'a.md', text });
  });

  it('finds a document by its name', () => {
    const index = indexOf({ 'minutes-2024.md': 'Present: all.', 'b.md': 'Other text.' });
    expect(index.search('minutes', 5).passages).toMatchObject([{ document: 'minutes-2024.md' }]);
  });

  it('finds nothing for what is nowhere, or has no words', () => {
    const index = indexOf({ 'a.md': 'Some text.' });
    for (const query of ['xylophone', '...', ' ', '😀']) {
      expect(index.search(query, 5)).toEqual({ passages: [], total: 0 });
    }
  });
});
