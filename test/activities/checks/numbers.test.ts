import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { numbersAppearInSources } from '../../../activities/checks/numbers-appear-in-sources';
import type { DocumentManifest } from '../../../contracts/documents';
import { PACKAGE_ROOT } from '../../../contracts/package-root';
import { MemoryContentStore } from '../../support/memory-content-store';

const content = new MemoryContentStore();

interface Sources {
  question?: string;
  inputs?: Record<string, unknown>;
  toolResults?: string[];
  documents?: Record<string, string>;
}

/** Numbers that have no source. */
async function unfounded(output: Record<string, unknown>, sources: Sources): Promise<string[]> {
  const { question = '', inputs = {}, toolResults = [], documents = {} } = sources;
  const manifest = {
    documents: Object.keys(documents).map((name) => ({ name, textSha256: name })),
  } as unknown as DocumentManifest;
  const { problems, corrections } = await numbersAppearInSources(
    {
      ...{ output, question, inputs, toolResults, documents: manifest },
      text: async (name) => documents[name] ?? '',
    },
    content,
  );
  expect(corrections).toEqual([]);
  return problems.map(({ message }) => /"(.*?)"/.exec(message)?.[1] ?? message);
}

const inText = (text: string, source: string) =>
  unfounded({ text }, { inputs: { research: { claim: source } } });

it.each([
  ['thousands', 'It sold 1,234,567 units.', '1234567'],
  ['thousands of other countries', 'It sold 1,234,567 units.', '1.234.567 / 1 234 567'],
  ['decimals of other countries', 'It grew by 12.5 %.', 'Wachstum: 12,5 Prozent'],
  ['percent as a share', 'A share of 35 %.', 'share: 0.35'],
  ['a share in percent', 'A share of 0.35.', '35 percent'],
  ['a scale in words', 'Revenue was $1.2 million.', '1,200,000 USD'],
  ['a scale in letters', 'Revenue was €3.4bn.', '3.4 Mrd. EUR'],
  ['the scale of a table', 'Revenue was 1,250 million.', 'USD millions: 1,250'],
  ['a rounded figure', 'About 1.2 million people.', '1,234,567 people'],
  ['a rounded percentage', 'Some 12 %.', '12.4 %'],
  ['rounded to hundreds', 'Some 1,200 people.', '1,234 people'],
  ['a number in words', 'It takes 15 days, and 50 % of them are lost.', 'fifteen days, half lost'],
  ['a range', 'Between 20-30 % and 1999-2004.', '20 to 30 percent'],
  ['figures side by side', 'The values are 120 and 340.', '120 340 560'],
  ['a sign', 'It fell by 4.5%.', '-4.5%'],
])('finds %s', async (_what, text, source) => {
  expect(await inText(text, source)).toEqual([]);
});

it.each([
  ['years', 'In 2019, in FY2024, in the 1990s and from 2019–2023 (or 2020/21).'],
  ['dates', 'On 2026-05-31, 31.05.2026, 5/31/2026, 31 May 2026, May 31, 2026 and am 31. Mai.'],
  ['times and time stamps', 'At 14:35, and at 2026-05-31T14:35:00Z.'],
  ['ordinals', 'The 21st century, the 45th page, la 33e fois.'],
  ['numbers of a list', '21. One thing\n22) Another\n(23) A third'],
  [
    'places in a text',
    'See section 14.2, Figure 31, table 44, p. 120, pages 120-140, §15 and #42.',
  ],
  [
    'ids, names and versions',
    'F37, GPT-45, COVID-19, H2O, version 2.17, v18.4, 10.20.30 and 192.168.0.1.',
  ],
  ['small counts', 'Three findings, 2 reasons and 12 documents.'],
])('leaves out %s', async (_what, text) => {
  expect(await inText(text, 'nothing')).toEqual([]);
});

it.each([
  ['another number', 'It sold 1,300 units.', '1,200 units', ['1,300']],
  ['another order of magnitude', 'It sold 12,000 units.', '1,200 units', ['12,000']],
  ['a percentage', 'It grew by 7 %.', 'It grew.', ['7 %']],
  ['an amount', 'It costs $5.', 'It is cheap.', ['$5']],
  ['an exact figure of a rounded one', 'It has 1,234 people.', '1,200 people', ['1,234']],
  ['a decimal', 'The ratio is 3.7.', 'The ratio is 3.', ['3.7']],
  ['every one of several', 'From 17 to 23 %.', '19 and 20', ['17', '23 %']],
])('refuses %s', async (_what, text, source, found) => {
  expect(await inText(text, source)).toEqual(found);
});

it('looks into the question, inputs, results of tools and documents that are named, and no others', async () => {
  const output = { rows: [{ document: 'a.md', text: '111, 222, 333, 444 and 555' }], amount: 666 };
  const sources = {
    question: 'Why 111?',
    inputs: { before: { figure: 222 } },
    toolResults: ['{"value":333}'],
    documents: { 'a.md': 'of 444', 'b.md': 'of 555 and 666' },
  };
  expect(await unfounded(output, sources)).toEqual(['555', '666']);
});

it('leaves out what an agent says of its own work', async () => {
  const output = { confidence: 0.87, findings: [{ id: 'F17', line: 4_321, document: '99.md' }] };
  expect(await unfounded(output, {})).toEqual([]);
});

it('finds any number however it is written', async () => {
  const written = fc
    .tuple(fc.integer({ min: 13, max: 9_999_999 }), fc.constantFrom('en', 'de', 'fr', 'de-CH'))
    .map(([value, language]) => [value, value.toLocaleString(language)] as const);
  await fc.assert(
    fc.asyncProperty(written, written, async ([value, one], [, other]) => {
      expect(await inText(`We counted ${one} things.`, `${other}; ${value} in all`)).toEqual([]);
    }),
  );
});

it('raises no alarm on any paragraph that its document has, and few get by from another', async () => {
  const folder = join(PACKAGE_ROOT, 'docs');
  const pages = readdirSync(folder).filter((name) => name.endsWith('.md'));
  const texts = Object.fromEntries(
    pages.map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
  let alarms = 0;
  for (const [document, text] of Object.entries(texts)) {
    const output = { document, paragraphs: text.split('\n\n') };
    expect(await unfounded(output, { documents: texts })).toEqual([]);
    alarms += (await unfounded({ paragraphs: output.paragraphs }, {})).length;
  }
  expect(alarms).toBeGreaterThan(50);
});
