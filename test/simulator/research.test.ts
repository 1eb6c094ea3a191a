import type Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { z } from 'zod';
import { type Simulator, startSimulator } from '../../simulator';
import { clientOf, MODEL, textOf } from './support';

/** Documents, and the two tools over them as the product offers them. */
const DOCUMENTS: Record<string, string> = {
  'retries.md':
    '# Retries\n\nA retry policy states how often an activity is tried again. The interval grows by a coefficient.\n\n- Errors marked as non-retryable end the activity at once.\n',
  'timeouts.md':
    '# Timeouts\n\nThe heartbeat timeout finds lost workers before the activity ends. A retry begins after a timeout.\n',
  'workers.md':
    '# Workers\n\nWorkers poll a task queue and run activities. A worker that dies loses only the attempt in flight.\n',
  'cooking.txt': 'Boil the water first. Then add the rice and wait for twenty minutes.\n',
};

const TOOLS: Anthropic.Tool[] = [
  {
    name: 'search_documents',
    description: 'Full text search.',
    input_schema: {
      type: 'object',
      properties: {
        query: { type: 'string' },
        limit: { type: 'integer', minimum: 1, maximum: 20 },
      },
      required: ['query'],
      additionalProperties: false,
    },
  },
  {
    name: 'read_document',
    description: 'Reads lines of a document.',
    input_schema: {
      type: 'object',
      properties: {
        document: { type: 'string' },
        fromLine: { type: 'integer', minimum: 1 },
        lines: { type: 'integer', minimum: 1, maximum: 200 },
      },
      required: ['document'],
      additionalProperties: false,
    },
  },
];

function runTool(name: string, input: Record<string, unknown>): unknown {
  if (name === 'read_document') {
    const text = DOCUMENTS[String(input.document)];
    if (text === undefined) throw new Error(`no document ${String(input.document)}`);
    const lines = text.split('\n');
    const from = Number(input.fromLine ?? 1);
    return {
      document: input.document,
      fromLine: from,
      toLine: lines.length,
      totalLines: lines.length,
      text: lines.slice(from - 1).join('\n'),
    };
  }
  const words = String(input.query).toLowerCase().split(/\s+/);
  const passages = Object.entries(DOCUMENTS).flatMap(([document, text]) =>
    text.split('\n').flatMap((line, index) => {
      const isHit = words.some((word) => line.toLowerCase().includes(word.slice(0, 5)));
      return isHit ? [{ document, line: index + 1, text: line }] : [];
    }),
  );
  return { passages, total: passages.length };
}

const Findings = z.object({
  findings: z
    .array(
      z.object({
        id: z.string(),
        claim: z.string().min(20),
        quote: z.string().describe('verbatim'),
        document: z.string(),
        line: z.int().min(1),
      }),
    )
    .min(3)
    .max(12),
  confidence: z.number().min(0).max(1),
});

const QUESTION = 'How do retries and timeouts of an activity work together when workers die?';
const base = {
  model: MODEL,
  max_tokens: 8000,
  system: 'You are a researcher. Find what the documents say.',
  tools: TOOLS,
  output_config: {
    format: { type: 'json_schema' as const, schema: zodOutputFormat(Findings).schema },
  },
};
const start: Anthropic.MessageParam = {
  role: 'user',
  content: `<question>${QUESTION}</question>\n<documents>\n${Object.keys(DOCUMENTS).join('\n')}\n</documents>`,
};

describe('a research loop over tools', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  async function research(more: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) {
    const client = clientOf(simulator);
    const messages: Anthropic.MessageParam[] = [start];
    const calls: { turn: number; name: string; input: Record<string, unknown> }[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      const message = await client.messages.create({ ...base, messages, ...more });
      messages.push({ role: 'assistant', content: message.content });
      if (message.stop_reason !== 'tool_use') return { message, messages, calls };
      const content = message.content.flatMap((block): Anthropic.ToolResultBlockParam[] => {
        if (block.type !== 'tool_use') return [];
        const input = block.input as Record<string, unknown>;
        calls.push({ turn, name: block.name, input });
        const result = JSON.stringify(runTool(block.name, input));
        return [{ type: 'tool_result', tool_use_id: block.id, content: result }];
      });
      messages.push({ role: 'user', content });
    }
    throw new Error('the loop did not end');
  }

  it('searches with several queries, reads what was found, and quotes only what it read', async () => {
    const { message, calls } = await research();
    const searches = calls.filter((call) => call.turn === 0);
    expect(searches.every((call) => call.name === 'search_documents')).toBe(true);
    expect(new Set(searches.map((call) => call.input.query)).size).toBeGreaterThanOrEqual(2);
    expect(searches.length).toBeLessThanOrEqual(4);
    expect(calls.some((call) => call.turn === 1 && call.name === 'read_document')).toBe(true);

    const { findings } = Findings.parse(JSON.parse(textOf(message)));
    for (const finding of findings) {
      const line = DOCUMENTS[finding.document]?.split('\n')[finding.line - 1];
      expect(line).toContain(finding.quote);
      expect(finding.claim).toContain(finding.document);
    }
    expect(new Set(findings.map((finding) => finding.document)).size).toBeGreaterThanOrEqual(2);
    expect(new Set(findings.map((finding) => finding.id)).size).toBe(findings.length);
  });

  it('calls one tool at a time when parallel use is off', async () => {
    const { calls } = await research({
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    });
    const turns = calls.map((call) => call.turn);
    expect(new Set(turns).size).toBe(turns.length);
  });

  it('calls no tool when told to use none', async () => {
    const { calls, message } = await research({ tool_choice: { type: 'none' } });
    expect(calls).toEqual([]);
    expect(message.stop_reason).toBe('end_turn');
  });

  it('calls the forced tool where the model allows forcing', async () => {
    const client = clientOf(simulator);
    const message = await client.messages.create({
      ...base,
      messages: [start],
      tool_choice: { type: 'tool', name: 'read_document' },
    });
    expect(message.content.map((block) => block.type)).not.toContain('thinking');
    expect(message.content[0]).toMatchObject({ type: 'tool_use', name: 'read_document' });
  });

  it('changes what a report names, and nothing else', async () => {
    const { message, messages } = await research();
    const before = Findings.parse(JSON.parse(textOf(message)));
    const repaired = await clientOf(simulator).messages.create({
      ...base,
      messages: [
        ...messages,
        {
          role: 'user',
          content: 'Not valid:\n/findings/1/quote is not in the document\nAnswer again.',
        },
      ],
    });
    const after = Findings.parse(JSON.parse(textOf(repaired)));
    expect(after.findings[1]?.quote).not.toBe(before.findings[1]?.quote);
    expect(after.findings.toSpliced(1, 1)).toEqual(before.findings.toSpliced(1, 1));
    const changed = after.findings[1];
    expect(DOCUMENTS[changed?.document ?? '']).toContain(changed?.quote);
  });

  it('does what a report asks for in the words of a validator', async () => {
    const { message, messages } = await research();
    const { findings } = Findings.parse(JSON.parse(textOf(message)));
    const more = findings.length + 1;
    const report = `- /findings must NOT have fewer than ${more} items (expected by writing)\n- /confidence must be >= 0.97`;
    const repaired = await clientOf(simulator).messages.create({
      ...base,
      messages: [...messages, { role: 'user', content: report }],
    });
    const after = Findings.parse(JSON.parse(textOf(repaired)));
    expect(after.findings).toHaveLength(more);
    expect(after.confidence).toBeGreaterThanOrEqual(0.97);
  });

  it('cites the ids that earlier phases handed over', async () => {
    const { message } = await research();
    const Report = z.object({
      title: z.string(),
      sections: z
        .array(
          z.object({
            heading: z.string(),
            text: z.string(),
            citations: z.array(z.string()).min(1),
          }),
        )
        .min(2),
    });
    const report = await clientOf(simulator).messages.create({
      model: MODEL,
      max_tokens: 8000,
      system: 'You are a writer.',
      messages: [
        {
          role: 'user',
          content: `<question>${QUESTION}</question>\n<handoff from="research">${textOf(message)}</handoff>`,
        },
      ],
      output_config: { format: { type: 'json_schema', schema: zodOutputFormat(Report).schema } },
    });
    const known = Findings.parse(JSON.parse(textOf(message))).findings.map(({ id }) => id);
    const { sections, title } = Report.parse(JSON.parse(textOf(report)));
    const cited = sections.flatMap((section) => section.citations);
    expect(known).toEqual(expect.arrayContaining([...new Set(cited)]));
    expect(sections.some((section) => section.citations.length > 1)).toBe(true);
    expect(title).toContain('retries and timeouts');
  });
});
