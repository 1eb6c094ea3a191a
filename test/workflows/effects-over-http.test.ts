import { getText } from '../../contracts/content';
import type { ReviewView } from '../../contracts/views';
import { type Behaviour, startTarget, type TestTarget } from '../support/publish-target';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };
const ENOUGH_TRIES = 2;

describe.each([
  ['with workflows cached', 100],
  ['replaying every workflow task', 0],
])('publishing over HTTP, %s', (_name, cachedWorkflowsMax) => {
  let test: TestTuesday;
  let server: TestTarget;
  beforeAll(async () => {
    server = await startTarget();
    const lookupUrl = `${server.url}/seen/{key}`;
    test = await startTestTuesday({
      cachedWorkflowsMax,
      publishTargets: {
        once: server.target(),
        asked: server.target({ lookupUrl }),
        store: server.target({ deduplicates: true }),
      },
    });
  });
  beforeEach(() => {
    server.received.splice(0);
    server.lookups.splice(0);
    server.behave({ answer: 201, body: '{"id": "made-1"}' });
    server.behave({ answer: 404 }, 'GET');
  });
  afterAll(async () => {
    await test.stop();
    await server.close();
  });

  const publishing = (target: string) =>
    team([
      phase('only', {
        effects: [{ tool: 'publish_http', input: { target, content: '{{output.note}}' } }],
        limits: { toolTriesMax: ENOUGH_TRIES },
      }),
    ]);
  const start = async (target: string) => (await test.tuesday.startRun(publishing(target), ask)).id;
  const asked = async (id: string): Promise<ReviewView> => {
    const view = await test.until(id, ({ status }) => status === 'waiting_for_review');
    expect(view.reviews).toHaveLength(1);
    return view.reviews[0] as ReviewView;
  };
  const reportOf = ({ reportSha256 = '' }: ReviewView) =>
    getText(test.tuesday.content, reportSha256);
  const ends = async (id: string) => (await test.tuesday.result(id)).status;
  const keys = () => new Set(server.received.map(({ headers }) => headers['idempotency-key']));

  it('publishes once', async () => {
    expect(await ends(await start('once'))).toBe('completed');
    expect(server.received).toHaveLength(1);
  });

  it.each<[string, Behaviour]>([
    ['cuts the connection', 'cut'],
    ['fails', { answer: 503 }],
  ])(
    'asks a person, and nobody else, when a target that takes all %s',
    async (_words, behaviour) => {
      server.next(behaviour);
      const id = await start('once');
      const review = await asked(id);
      expect(review).toMatchObject({
        kind: 'operator',
        reason: 'effect_unknown',
        options: ['approve', 'resume', 'stop'],
        effects: [{ tool: 'publish_http', inputSha256: review.digest }],
      });
      expect(await reportOf(review)).toContain('cannot tell');
      await test.tuesday.decide(id, { decision: 'approve' });
      expect(await ends(id)).toBe('completed');
      expect(server.received).toHaveLength(1);
    },
  );

  it('takes the word of a target that has seen the key', async () => {
    server.next('cut');
    server.behave({ answer: 200, body: '{"id": "made-1"}' }, 'GET');
    expect(await ends(await start('asked'))).toBe('completed');
    expect(server.received).toHaveLength(1);
    expect(server.lookups).toHaveLength(1);
  });

  it('asks a person when the target has not seen the key, and publishes once more on resume', async () => {
    server.next('cut');
    const id = await start('asked');
    const review = await asked(id);
    expect(review.reason).toBe('effect_not_seen');
    expect(await reportOf(review)).toContain('has not seen it');
    expect(server.received).toHaveLength(1);
    await test.tuesday.decide(id, { decision: 'resume' });
    expect(await ends(id)).toBe('completed');
    expect(server.received).toHaveLength(2);
    expect(keys().size).toBe(1);
  });

  it('asks a person again when the one more try has no known end either', async () => {
    server.next('cut', 2);
    const id = await start('once');
    const first = await asked(id);
    await test.tuesday.decide(id, { decision: 'resume' });
    const second = await test.until(
      id,
      ({ reviews }) => reviews.length > 0 && reviews[0]?.id !== first.id,
    );
    expect(second.reviews[0]?.reason).toBe('effect_unknown');
    expect(server.received).toHaveLength(2);
    await test.tuesday.decide(id, { decision: 'stop' });
    expect(await ends(id)).toBe('stopped');
  });

  it('asks a person when the target gives no answer to being asked', async () => {
    server.next('cut');
    server.behave('cut', 'GET');
    const id = await start('asked');
    const review = await asked(id);
    expect(review.reason).toBe('effect_unknown');
    expect(await reportOf(review)).toContain('gave no answer');
    await test.tuesday.decide(id, { decision: 'stop' });
  });

  it('publishes again under the same key where the target recognises it', async () => {
    server.next('cut', ENOUGH_TRIES - 1);
    expect(await ends(await start('store'))).toBe('completed');
    expect(server.received).toHaveLength(ENOUGH_TRIES);
    expect(keys().size).toBe(1);
  });

  it('asks a person when such a target never answers', async () => {
    server.next({ answer: 500 }, ENOUGH_TRIES);
    const id = await start('store');
    expect((await asked(id)).reason).toBe('effect_unknown');
    expect(server.received).toHaveLength(ENOUGH_TRIES);
    await test.tuesday.decide(id, { decision: 'resume' });
    expect(await ends(id)).toBe('completed');
    expect(keys().size).toBe(1);
  });

  it.each(['once', 'store'])('tries again by itself what %s did not take up', async (target) => {
    server.next({ answer: 429, headers: { 'retry-after': '0' } });
    expect(await ends(await start(target))).toBe('completed');
    expect(server.received).toHaveLength(2);
  });

  it('asks an operator at once when the target refuses, with what it said', async () => {
    server.next({ answer: 403 });
    const id = await start('store');
    const review = await asked(id);
    expect(review).toMatchObject({ reason: 'effect_failed', options: ['resume', 'stop'] });
    expect(await reportOf(review)).toContain('answered 403');
    expect(server.received).toHaveLength(1);
    await test.tuesday.decide(id, { decision: 'resume' });
    expect(await ends(id)).toBe('completed');
  });

  it('is refused at the start where a team names a target that is not there', async () => {
    await expect(start('nowhere')).rejects.toMatchObject({
      kind: 'bad_input',
      message: expect.stringContaining('phases/0/effects/0/input/target'),
    });
  });
});
