/** What makes a phase ask a person, in runs. */
import type { RunView } from '../../contracts/views';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

let test: TestTuesday;
beforeAll(async () => {
  test = await startTestTuesday();
});
afterAll(() => test.stop());
afterEach(() => test.simulator.clearFaults());

const CONTRACT = {
  type: 'object',
  properties: {
    note: { type: 'string' },
    verdict: { type: 'string', enum: ['grant', 'deny'] },
    score: { type: 'number' },
    confidence: { type: 'number', minimum: 0, maximum: 1 },
  },
  required: ['note', 'verdict', 'score', 'confidence'],
  additionalProperties: false,
};
const FINE = { note: 'Fine.', verdict: 'grant', score: 5, confidence: 0.9 };
type Triggers = Exclude<
  Extract<Parameters<typeof phase>[1], { review?: unknown }>['review'],
  string | undefined
>['when'];
type Changes = Parameters<typeof phase>[1];

/** What a run asks first; undefined where it completes without. */
async function asked(
  when: Triggers,
  answer: object,
  changes: Changes = {},
): Promise<{ id: string; review?: RunView['reviews'][number] }> {
  test.simulator.addFault({ kind: 'answer_fields', fields: answer as never });
  const only = phase('only', { produces: CONTRACT, review: { when }, ...changes });
  const { id } = await test.tuesday.startRun(team([only]), { question: 'Which?', user: 'tester' });
  for await (const run of test.tuesday.watchRun(id, { untilParked: true })) {
    const [review] = run.reviews;
    if (review) return { id, review };
  }
  return { id };
}
const words = async (...args: Parameters<typeof asked>) => {
  const { id, review } = await asked(...args);
  if (review) await test.tuesday.decide(id, { decision: 'approve' });
  expect(await test.tuesday.result(id)).toMatchObject({ status: 'completed' });
  return review?.explanation.replace(/^.*carried out: /, '');
};

it.each<[string, Triggers, object, string]>([
  [
    'low_confidence',
    [{ kind: 'low_confidence', below: 0.7 }],
    { ...FINE, confidence: 0.6 },
    'its confidence is below what its team asks for.',
  ],
  [
    'data_category',
    [{ kind: 'data_category', categories: ['personal'] }],
    { ...FINE, note: 'Write to ann.smith@harbour-trust.org.' },
    'it holds data of a kind that its team wants looked at.',
  ],
  [
    'decision_type',
    [{ kind: 'decision_type', field: 'verdict', equals: ['deny'] }],
    { ...FINE, verdict: 'deny' },
    'it decides something that its team wants looked at.',
  ],
  [
    'low_quality',
    [{ kind: 'low_quality', field: 'score', below: 3 }],
    { ...FINE, score: 2 },
    'its quality is below what its team asks for.',
  ],
])('%s asks for what it is about, and for nothing else', async (_, when, wanting, why) => {
  expect(await words(when, wanting)).toBe(why);
  test.simulator.clearFaults();
  expect(await words(when, FINE)).toBeUndefined();
});

it('cost_above asks once the run has cost more', async () => {
  expect(await words([{ kind: 'cost_above', microUsd: 1 }], FINE)).toBe(
    'the run has cost more than its team wants to go by unseen.',
  );
  expect(await words([{ kind: 'cost_above', microUsd: 1_000_000 }], FINE)).toBeUndefined();
});

it('several at once are one question, which tells them all', async () => {
  const all: Triggers = [
    { kind: 'low_confidence', below: 0.7 },
    { kind: 'decision_type', field: 'verdict', equals: ['deny'] },
    { kind: 'low_quality', field: 'score', below: 3 },
    { kind: 'cost_above', microUsd: 1 },
  ];
  const why = await words(all, { ...FINE, confidence: 0.1, verdict: 'deny', score: 0 });
  for (const part of [/confidence/, /decides/, /quality/, /cost/]) expect(why).toMatch(part);
});

describe('before an effect that an agent asks for', () => {
  const publish = (content: string) =>
    test.simulator.addFault({
      kind: 'tool_calls',
      turn: 1,
      calls: [{ name: 'publish_file', input: { path: 'by-agent.md', content } }],
    });
  const tools = { tools: ['publish_file'] };

  it.each<[string, Triggers, string]>([
    ['always', 'always', 'its team asks for it each time.'],
    [
      'cost_above',
      [{ kind: 'cost_above', microUsd: 1 }],
      'the run has cost more than its team wants to go by unseen.',
    ],
    [
      'data_category',
      [{ kind: 'data_category', categories: ['personal'] }],
      'it holds data of a kind that its team wants looked at.',
    ],
  ])('%s asks', async (_, when, why) => {
    publish('Write to ann.smith@harbour-trust.org.');
    const { id, review } = await asked(when, FINE, tools);
    expect(review).toMatchObject({ effects: [{ tool: 'publish_file' }] });
    expect(review?.explanation).toContain(why);
    await test.tuesday.decide(id, { decision: 'stop' });
    expect((await test.tuesday.result(id)).published).toEqual([]);
  });

  it('what only an output can tell does not', async () => {
    publish('Nothing of anybody.');
    const when: Triggers = [
      { kind: 'low_confidence', below: 0.7 },
      { kind: 'data_category', categories: ['personal'] },
    ];
    const { id, review } = await asked(when, FINE, tools);
    expect(review).toBeUndefined();
    expect((await test.tuesday.result(id)).published).toHaveLength(1);
  });
});
