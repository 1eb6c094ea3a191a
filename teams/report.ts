/**
 * The team `report`: five agents turn a folder of documents and a question into a cited report.
 * Every finding quotes its document verbatim and every statement of the report cites findings;
 * both are checked by code before anything is handed on.
 */
import { z } from 'zod';
import { definePhase, defineTeam } from '../contracts/team/define';

const confidence = z
  .number()
  .min(0)
  .max(1)
  .describe('How sure you are of this as a whole, from 0 to 1.');

const citations = z
  .array(z.string())
  .min(1)
  .describe('Ids of the findings that this rests on, e.g. "F2".');

/** Each stands in where the other is away for good or refuses: its phase is less sure then. */
const HAIKU = { name: 'claude-haiku-5-5' };
const SONNET = { name: 'claude-sonnet-5-5' };

const research = definePhase({
  name: 'research',
  role: 'You are a researcher who works from documents only.',
  instructions: [
    'Find out what the documents say about the question. Search with several different queries, and read around the passages that matter.',
    'Give five to twelve findings from as many different documents as are relevant. A finding is one claim with the passage that shows it: `quote` is copied word for word from the document as one unbroken passage, at most three sentences, `document` is its name exactly as the tools give it, and `line` the line where the quote begins.',
    'Never quote from memory. What the documents do not say is an open question, not a finding.',
  ].join('\n'),
  model: HAIKU,
  fallbackModels: [SONNET],
  tools: ['search_documents', 'read_document'],
  checks: ['quotesExist'],
  produces: z.object({
    findings: z
      .array(
        z.object({
          id: z.string().describe('F1, F2, … in order.'),
          claim: z.string().min(1).describe('What the passage shows, in one sentence.'),
          quote: z.string().min(1).describe('The passage, word for word.'),
          document: z.string().min(1).describe('Name of the document that is quoted.'),
          line: z.int().min(1).describe('Line where the quote begins.'),
        }),
      )
      .min(1)
      .max(20),
    openQuestions: z.array(z.string()).describe('What the documents leave open.'),
    confidence,
  }),
  limits: { turnsMax: 10, budgetShare: 30 },
});

const analysis = definePhase({
  name: 'analysis',
  role: 'You are an analyst who draws conclusions from findings.',
  instructions:
    'Say what the findings mean for the question: what they agree on, where they differ, what follows. Each insight cites the findings that it rests on. Add nothing that the findings do not support.',
  model: SONNET,
  fallbackModels: [HAIKU],
  needs: ['research'],
  checks: ['citationsResolve'],
  produces: z.object({
    insights: z
      .array(
        z.object({
          statement: z.string().min(1).describe('The insight, in one or two sentences.'),
          citations,
          importance: z.enum(['high', 'medium', 'low']),
        }),
      )
      .min(1)
      .max(12),
    gaps: z.array(z.string()).describe('What could not be concluded, and why.'),
    confidence,
  }),
  limits: { turnsMax: 4, budgetShare: 20 },
});

const writing = definePhase({
  name: 'writing',
  role: 'You are a writer of clear, factual reports.',
  instructions:
    'Write the report that answers the question, for a reader who has not seen the documents: two to six sections, each with a heading and short paragraphs. Every paragraph cites the findings that it rests on. If there are comments, change the report as they ask.',
  model: SONNET,
  fallbackModels: [HAIKU],
  needs: ['research', 'analysis'],
  checks: ['citationsResolve'],
  produces: z.object({
    title: z.string().min(1).max(200),
    summary: z.string().min(1).describe('The answer in three to five sentences.'),
    sections: z
      .array(
        z.object({
          heading: z.string().min(1).max(200),
          paragraphs: z.array(z.object({ text: z.string().min(1), citations })).min(1),
        }),
      )
      .min(1)
      .max(8),
    confidence,
  }),
  limits: { turnsMax: 4, budgetShare: 20 },
});

const review = definePhase({
  name: 'review',
  role: 'You are a critical reviewer.',
  instructions:
    'Compare the report with the findings and the question. Decide `approve` if it answers the question and every statement is supported by the findings that it cites; else `revise`, with comments that say what to change and where.',
  model: SONNET,
  fallbackModels: [HAIKU],
  needs: ['research', 'writing'],
  revises: { phase: 'writing', field: 'verdict', equals: 'revise', revisionsMax: 2 },
  produces: z.object({
    verdict: z.enum(['approve', 'revise']),
    comments: z.array(z.string()).describe('What to change, and where. Empty if nothing.'),
    confidence,
  }),
  limits: { turnsMax: 4, budgetShare: 15 },
});

const REPORT = `# {{output.title}}

> {{question}}

{{output.abstract}}

## Key points

{{#output.keyPoints}}
- {{text}}{{#citations}} [{{.}}]{{/citations}}
{{/output.keyPoints}}
{{#inputs.writing.sections}}

## {{heading}}
{{#paragraphs}}

{{text}}{{#citations}} [{{.}}]{{/citations}}
{{/paragraphs}}
{{/inputs.writing.sections}}

## Sources

{{#inputs.research.findings}}
- **[{{id}}]** {{document}}, line {{line}}: “{{quote}}”
{{/inputs.research.findings}}

## Limitations

{{#inputs.research.openQuestions}}
- {{.}}
{{/inputs.research.openQuestions}}
{{#inputs.analysis.gaps}}
- {{.}}
{{/inputs.analysis.gaps}}
{{#limitations}}
- {{.}}
{{/limitations}}
- The report rests on the documents listed above alone.

---

Run {{run.id}}. Models: {{run.provider}}.
`;

const publishing = definePhase({
  name: 'publishing',
  role: 'You are an editor who prepares a report for its readers.',
  instructions:
    'Give the report its final title, an abstract of three to five sentences, and three to six key points, each citing the findings that it rests on. Do not add facts. The sections are published as they are.',
  model: HAIKU,
  fallbackModels: [SONNET],
  needs: ['research', 'analysis', 'writing', 'review'],
  checks: ['citationsResolve'],
  produces: z.object({
    title: z.string().min(1).max(200),
    abstract: z.string().min(1),
    keyPoints: z
      .array(z.object({ text: z.string().min(1), citations }))
      .min(1)
      .max(8),
    confidence,
  }),
  effects: [{ tool: 'publish_file', input: { path: 'report.md', content: REPORT } }],
  limits: { turnsMax: 4, budgetShare: 15 },
});

export const report = defineTeam({
  name: 'report',
  version: '1.0.0',
  description:
    'Turns a folder of documents and a question into a report in which every statement cites a verbatim quote.',
  documents: 'required',
  budgetMicroUsd: 2_000_000,
  phases: [research, analysis, writing, review, publishing],
});
