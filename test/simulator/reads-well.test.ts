import { type Simulator, startSimulator } from '../../simulator';
import { ask, clientOf, textOf } from './support';

const GUIDE = `# Guide

\`\`\`sh
budgets --set retries=3 Budgets and retries are set by a command that nobody quotes as a sentence.
\`\`\`

A budget is a ceiling that no run can exceed, because the worst case of each call is
booked before the call is made. Approvals are asked of a person, who sees the very
bytes that will be published.

| Budgets | Retries in a table are no sentence that anybody would want to read. |

- Retries wait as long as the provider asks, and go on at the step that failed, which
  costs nothing for those before it.
`;
const object = (properties: object) => ({
  type: 'object' as const,
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const list = (items: object) => ({ type: 'array', items });
const FINDING = object({
  quote: { type: 'string' },
  document: { type: 'string' },
  line: { type: 'integer' },
});
const REPORT = object({
  title: { type: 'string' },
  sections: list(object({ heading: { type: 'string' }, text: { type: 'string' } })),
});

describe('an answer reads well', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  async function answerTo(question: string, schema: ReturnType<typeof object>) {
    const task = `<question>${question}</question>\n<document name="guide.md">${GUIDE}</document>`;
    const message = await clientOf(simulator).messages.create({
      ...ask(task),
      output_config: { format: { type: 'json_schema', schema } },
    });
    return JSON.parse(textOf(message));
  }
  const QUESTION = 'What do these documents say about budgets, retries and approvals?';

  it('quotes whole sentences, over the ends of lines, and says where they begin', async () => {
    const { findings } = await answerTo(QUESTION, object({ findings: list(FINDING) }));
    expect(findings).toHaveLength(3);
    const lines = GUIDE.split('\n');
    for (const { quote, line } of findings) {
      expect(GUIDE).toContain(quote);
      expect(quote).toMatch(/^[A-Z].*\.$/s);
      expect(quote).not.toMatch(/command|table/);
      expect(lines[line - 1]).toContain(quote.split('\n')[0]);
    }
  });

  it('says everything once, under headings of the question, and cuts no title off', async () => {
    const { title, sections } = await answerTo(QUESTION, REPORT);
    expect(title).toBe('Budgets, retries and approvals');
    const headings = sections.map(({ heading }: { heading: string }) => heading);
    expect(new Set(headings).size).toBe(headings.length);
    for (const heading of headings) expect(heading).toMatch(/budgets|retries|approvals/i);
    const sentences = sections.flatMap(({ text }: { text: string }) => text.match(/[^.]+\./g));
    expect(new Set(sentences).size).toBe(sentences.length);

    const long = await answerTo(`How, ${'and with what budgets, '.repeat(12)}do we go on?`, REPORT);
    expect(long.title).toMatch(/^How, and .* …$/);
  });
});
