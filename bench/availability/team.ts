/**
 * Due diligence over three sources, each read by a phase of its own: one that is down costs its findings
 * and no more. Every finding is a quote, and the memo tells its reader what is missing.
 */
import { z } from 'zod';
import { type DefinedTeam, definePhase, defineTeam } from '../../contracts/team/define';
import type { TeamInput } from '../../contracts/team/schema';
import type { SourceName } from './facts';

type PhaseTool = NonNullable<TeamInput['phases'][number]['tools']>[number];

const model = { name: 'claude-haiku-5-5' };
/** A source has two tries, and time enough for each on a machine that is busy: what takes long is not down. */
const TIMES = { triesMax: 2, timeoutMs: 10_000, backoff: { firstMs: 100, maxMs: 200 } };

const Findings = z.object({
  findings: z
    .array(
      z.object({
        claim: z.string().describe('What the passage shows, in one sentence.'),
        quote: z.string().describe('The passage, word for word.'),
      }),
    )
    .max(20)
    .describe('Empty where the source gave nothing.'),
  confidence: z.number().min(0).max(1),
});

const reads = <Name extends SourceName>(name: Name, what: string, tool: PhaseTool) =>
  definePhase({
    name,
    role: `You read ${what} for a due diligence.`,
    instructions:
      'Find all that is said of the company. Give each as a quote from the source. Where the source cannot be read, give no findings.',
    model,
    tools: [tool],
    produces: Findings,
    limits: { turnsMax: 5 },
  });

const MEMO = `# {{output.title}}

{{output.summary}}

## Filings
{{#inputs.filings.findings}}
- “{{quote}}”
{{/inputs.filings.findings}}

## Registry
{{#inputs.registry.findings}}
- “{{quote}}”
{{/inputs.registry.findings}}

## News
{{#inputs.news.findings}}
- “{{quote}}”
{{/inputs.news.findings}}

## What is missing
{{#limitations}}
- {{.}}
{{/limitations}}
{{^limitations}}
Nothing: all sources were read.
{{/limitations}}
`;

export const dueDiligence = defineTeam({
  name: 'due-diligence',
  version: '1.0.0',
  description: 'Reads three sources on a company, and writes a memo of what they say.',
  documents: 'none',
  sources: { news: { tools: { search: { effect: 'none' } } } },
  phases: [
    reads('filings', 'annual accounts', { tool: 'query_data', sources: ['filings'], ...TIMES }),
    reads('registry', 'the register', { tool: 'fetch_url', sources: ['registry'], ...TIMES }),
    reads('news', 'the press', { tool: 'news__search', ...TIMES }),
    definePhase({
      name: 'memo',
      role: 'You write memos for people who decide.',
      instructions:
        'Summarise what the findings say of the company, and say what could not be looked at.',
      model,
      needs: ['filings', 'registry', 'news'],
      produces: z.object({
        title: z.string().min(1),
        summary: z.string().min(1),
        confidence: z.number().min(0).max(1),
      }),
      effects: [{ tool: 'publish_file', input: { path: '{{run.id}}.md', content: MEMO } }],
    }),
  ],
});

/** The same, as it is written without thought of failures: each source is needed, and one that fails ends the run. */
export function naive({ definition }: DefinedTeam): TeamInput {
  return {
    ...definition,
    name: 'naive-due-diligence',
    // Of a phase that must not degrade nothing is left then, and the run fails.
    recoveries: { tool_unavailable: ['degrade'] },
    phases: definition.phases.map((phase) => ({
      ...phase,
      required: true,
      tools: (phase.tools ?? []).map((tool) => ({
        ...(typeof tool === 'string' ? { tool } : tool),
        required: true,
      })),
    })),
  };
}
