/** What a good report team answers about the documents below, phase by phase. */
import type { Reply } from './scripted-api';

export const DOCUMENTS = {
  'harbour.md':
    '# The harbour\n\nThe old harbour was dredged to nine metres in 1931.\n\nSince then the largest grain ships can berth at low tide.\n',
  'trade/grain.txt':
    'Grain exports doubled between 1931 and 1936.\nMost of the grain went to Antwerp and Rotterdam.\n',
  'trade/figures.csv': 'year,tonnes\n1931,120000\n1936,244000\n',
};
export const QUESTION = 'What did the dredging of 1931 do for trade?';

const finding = (id: string, document: string, line: number, quote: string) => ({
  id,
  claim: `${document} says so.`,
  quote,
  document,
  line,
});
/** The lines are wrong on purpose where code puts them right. */
const findings = [
  finding('F1', 'harbour.md', 99, 'The old harbour was dredged to nine metres in 1931.'),
  finding('F2', 'trade/grain.txt', 1, 'Grain exports doubled between 1931 and 1936.'),
];
const paraphrase = finding('F1', 'harbour.md', 3, 'The harbour got dredged to nine metres.');

const report = (text: string) => ({
  title: 'Dredging and trade',
  summary: 'Deeper water, twice the grain.',
  sections: [
    { heading: 'The harbour', paragraphs: [{ text, citations: ['F1', 'F2'] }] },
    { heading: 'Grain', paragraphs: [{ text: 'Exports doubled [F2].', citations: ['F2'] }] },
  ],
  confidence: 0.8,
});

const insights = (citations: string[]) => ({
  insights: [{ statement: 'Depth came before growth.', citations, importance: 'high' }],
  gaps: ['Whether the dredging was the cause.'],
  confidence: 0.7,
});

/** Two searches at once, a look into a document, a slip, its repair; then on to publishing. */
export const REPORT_SCRIPT: Record<string, Reply[]> = {
  'You are a researcher': [
    { error: { status: 529, type: 'overloaded_error' } },
    {
      calls: [
        { name: 'search_documents', input: { query: 'harbour dredged' } },
        { name: 'search_documents', input: { query: 'grain exports', limit: 3 } },
      ],
    },
    {
      calls: [
        { name: 'read_document', input: { document: 'harbour.md' } },
        { name: 'browse_web', input: { url: 'https://example.com' } },
        { name: 'read_document', input: { document: 'trade/grain.txt', fromLine: 'first' } },
      ],
    },
    { json: { findings: [paraphrase], openQuestions: [], confidence: 0.9 } },
    { json: { findings, openQuestions: ['Who paid for it?'], confidence: 0.9 } },
  ],
  'You are an analyst': [{ json: insights(['F9']) }, { json: insights(['F1', 'F2']) }],
  'You are a writer': [{ json: report('First draft.') }, { json: report('Second draft.') }],
  'You are a critical reviewer': [
    { json: { verdict: 'revise', comments: ['Say it better.'], confidence: 0.9 } },
    { json: { verdict: 'approve', comments: [], confidence: 0.9 } },
  ],
  'You are an editor': [
    { error: { status: 429, type: 'rate_limit_error', retryAfterSeconds: 1 } },
    {
      json: {
        title: 'What the dredging did',
        abstract: 'It let larger ships in.',
        keyPoints: [{ text: 'Nine metres deep.', citations: ['F1'] }],
        confidence: 0.9,
      },
    },
  ],
};
