import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Webhook } from 'standardwebhooks';
import type { Channel, Channels, Send } from '../../activities/notify/channel';
import { mailSender } from '../../activities/notify/mail';
import { slackSender, webhookSender } from '../../activities/notify/post';
import type { ReviewDeadline } from '../../contracts/deadline';
import { DELIVERY, RECONCILE } from '../../contracts/limits';
import { RECONCILE_WORKFLOW } from '../../contracts/messages';
import { NOTIFIED_EVENTS, type Notice } from '../../contracts/notifications';
import type { Interest } from '../../domain/notifications';
import { CACHE_MODES } from '../support/cache-modes';
import { eventually } from '../support/eventually';
import { type MailServer, startMailServer } from '../support/mail-server';
import {
  type Received,
  startTarget,
  TARGET_SECRET,
  type TestTarget,
} from '../support/publish-target';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is the secret of the harbour?', user: 'tester' };
const NEVER_MS = 3_600_000;
const FOREVER: ReviewDeadline = {
  remindMs: NEVER_MS,
  escalateMs: NEVER_MS,
  decideMs: NEVER_MS,
  default: 'stop',
};

/** On a busy machine, too. */
const soon = (expectation: () => Promise<void>) => eventually(expectation, 20_000);

/** Deliveries of the worker. */
const AT_ONCE = 3;

const approving = (name: string, deadline: Partial<ReviewDeadline> = {}, groups: string[] = []) =>
  team(
    row(
      phase('first', {
        review: {
          when: 'always',
          groups,
          deadline: { ...FOREVER, ...deadline, default: 'approve' },
        },
      }),
      phase('second'),
    ),
    { name },
  );

function channel(send: Send, interest: Partial<Interest>, content = false): Channel {
  const link: Channel['link'] = (run, review) =>
    `https://tuesday.example/runs/${run}${review === undefined ? '' : `/reviews/${review}`}`;
  return { interest: { events: NOTIFIED_EVENTS, ...interest }, content, link, send };
}

const noticeIn = ({ body }: Received): Notice => JSON.parse(body);

describe.each(CACHE_MODES)('notifications, %s', (_mode, cachedWorkflowsMax) => {
  let test: TestTuesday;
  let hook: TestTarget;
  let slack: TestTarget;
  let leads: TestTarget;
  let mail: MailServer;

  beforeAll(async () => {
    jest.replaceProperty(RECONCILE, 'quietMs', 0 as never);
    jest.replaceProperty(DELIVERY, 'atOnceMax', AT_ONCE as never);
    // None of those that hang is over before its test.
    jest.replaceProperty(DELIVERY, 'tryMs', 60_000 as never);
    [hook, slack, leads, mail] = await Promise.all([
      startTarget(),
      startTarget(),
      startTarget(),
      startMailServer(),
    ]);
    const of = (target: TestTarget) => webhookSender({ url: target.url, secret: TARGET_SECRET });
    const { host, port } = mail;
    const address = { from: 'Tuesday <tuesday@example.com>', to: ['ann@example.com'] };
    const channels: Channels = {
      hook: channel(of(hook), {}),
      slack: channel(slackSender({ url: slack.url }), { teams: ['told'] }, true),
      leads: channel(of(leads), { groups: ['leads'], ends: ['failed'] }),
      mail: channel(mailSender({ host, port, security: 'none', ...address }), { teams: ['told'] }),
    };
    test = await startTestTuesday({ cachedWorkflowsMax, channels });
  });
  afterEach(() => {
    test.simulator.clearFaults();
    for (const { received } of [hook, slack, leads]) received.splice(0);
    mail.received.splice(0);
  });
  afterAll(async () => {
    await test.stop();
    await Promise.all([hook.close(), slack.close(), leads.close(), mail.close()]);
    jest.restoreAllMocks();
  });

  const arrived = (target: TestTarget, id: string) =>
    target.received.filter((received) => noticeIn(received).data.run === id);
  const types = (target: TestTarget, id: string) =>
    arrived(target, id).map((received) => noticeIn(received).type);

  /** How they ended, as the ledger has it. */
  const deliveriesTo = async (name: string, id: string): Promise<string[]> => {
    const database = new Client({ connectionString: test.databaseUrl });
    await database.connect();
    const { rows } = await database.query(
      'SELECT ended FROM deliveries JOIN runs USING (run_key) WHERE channel = $1 AND workflow_id = $2',
      [name, id],
    );
    await database.end();
    return rows.map(({ ended }) => ended);
  };

  it('tell of a review by signed webhook, by Slack and by e-mail, and then of the end', async () => {
    const { id } = await test.tuesday.startRun(approving('told'), ask);
    const run = await test.until(id, ({ reviews }) => reviews.length === 1);
    const [review] = run.reviews;
    await soon(async () =>
      expect([hook, slack, mail].map((to) => to.received.length)).toEqual([1, 1, 1]),
    );

    const [received] = hook.received as [Received];
    expect(new Webhook(TARGET_SECRET).verify(received.body, received.headers)).toEqual({
      type: 'review_opened',
      timestamp: review?.openedAt,
      data: {
        ...{ run: id, team: 'told', version: '1.0.0' },
        title: `Approval asked: first (told, run ${id})`,
        text: review?.explanation,
        link: `https://tuesday.example/runs/${id}/reviews/${review?.id}`,
        review: {
          ...{ id: review?.id, kind: 'approval', phase: 'first', reason: 'always' },
          digest: review?.digest,
          options: review?.options,
          unanswered: { decideAt: review?.unanswered?.decideAt, decision: 'approve' },
        },
      },
    });

    const [mailed] = mail.received;
    expect(mailed).toMatchObject({ from: 'tuesday@example.com', to: ['ann@example.com'] });
    expect(mailed?.headers).toMatchObject({
      subject: `Approval asked: first (told, run ${id})`,
      'message-id': expect.stringMatching(/^<msg_[0-9a-f]{32}@example\.com>$/),
      'auto-submitted': 'auto-generated',
    });
    expect(mailed?.text).toContain(review?.explanation);
    expect(mailed?.text).toContain('Options: approve, reject, revise, edit, delegate, stop');
    expect(mailed?.text).toContain(`decided as approve at ${review?.unanswered?.decideAt}`);
    expect(mailed?.text).toContain(`https://tuesday.example/runs/${id}/reviews/${review?.id}`);

    const message = JSON.parse(slack.received[0]?.body ?? '');
    expect(message.text).toContain(`*Approval asked: first (told, run ${id})*`);
    expect(message.text).toContain(`/reviews/${review?.id}|Open the review>`);
    expect(message.blocks.length).toBeGreaterThan(3);

    const output = await test.tuesday.content.get(review?.digest ?? '');
    const { note } = JSON.parse(Buffer.from(output.bytes).toString('utf8'));
    // Only a channel that is set to it carries content.
    for (const text of [received.body, mailed?.text]) {
      expect(text).not.toContain('harbour');
      expect(text).not.toContain(note);
    }
    expect(message.text).toContain(ask.question);
    expect(message.text).toContain(note);

    await test.tuesday.decide(id, { decision: 'approve' });
    expect(await test.tuesday.result(id)).toMatchObject({ status: 'completed' });
    await soon(async () =>
      expect([hook, slack, mail].map((to) => to.received.length)).toEqual([2, 2, 2]),
    );
    const ended = await test.tuesday.getRun(id);
    expect(noticeIn(hook.received[1] as Received)).toMatchObject({
      type: 'run_ended',
      data: {
        title: `Run completed: ${id} (told)`,
        text: ended.explanation,
        link: `https://tuesday.example/runs/${id}`,
        end: { status: 'completed', ...ended.spend },
      },
    });
    expect(leads.received).toEqual([]);
  });

  it('remind and escalate, and reach those who are asked then', async () => {
    const times = { remindMs: 1_000, escalateMs: 1_500, decideMs: 4_000, escalateTo: ['leads'] };
    const { id } = await test.tuesday.startRun(approving('slow', times, ['editors']), ask);
    expect(await test.tuesday.result(id)).toMatchObject({ status: 'completed' });
    await soon(async () =>
      expect(types(hook, id)).toEqual([
        'review_opened',
        'review_reminded',
        'review_escalated',
        'run_ended',
      ]),
    );
    expect(types(leads, id)).toEqual(['review_escalated']);
    const escalated = noticeIn(arrived(leads, id)[0] as Received);
    expect(escalated.data.title).toMatch(/^Escalated: Approval asked: first/);
    expect(escalated.data.review?.groups).toEqual(['editors', 'leads']);
    const ids = arrived(hook, id).map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(4);
    expect(mail.received.filter(({ headers }) => headers.subject?.includes(id))).toEqual([]);
  });

  it('try again under the same id until it is taken, and deliver once', async () => {
    hook.next({ answer: 500 });
    hook.next({ answer: 429, headers: { 'retry-after': '1' } });
    const { id } = await test.tuesday.startRun(team([phase('only')]), ask);
    await test.tuesday.result(id);
    await soon(async () => expect(arrived(hook, id)).toHaveLength(3));
    expect(new Set(arrived(hook, id).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await soon(async () => expect(await test.ledger.reader.troubledChannels()).toEqual([]));
    // What follows on the same queue arrives, and the first one not again.
    const next = await test.tuesday.startRun(team([phase('only')]), ask);
    await soon(async () => expect(arrived(hook, next.id)).toHaveLength(1));
    expect(arrived(hook, id)).toHaveLength(3);
  });

  it('hold up no run, however many of them hang', async () => {
    hook.behave('hold');
    const starts = Array.from({ length: AT_ONCE + 3 }, () =>
      test.tuesday.startRun(team([phase('only')], { name: 'many' }), ask),
    );
    const ids = (await Promise.all(starts)).map(({ id }) => id);
    const results = await Promise.all(ids.map((id) => test.tuesday.result(id)));
    expect(results.map(({ status }) => status)).toEqual(ids.map(() => 'completed'));
    await soon(async () => expect(hook.received).toHaveLength(AT_ONCE));
    hook.behave({ answer: 200 });
    hook.release();
    await soon(async () =>
      expect(hook.received.map((received) => noticeIn(received).data.run).sort()).toEqual(
        [...ids].sort(),
      ),
    );
  });

  it('of a review that was decided meanwhile are not delivered any more', async () => {
    hook.next({ answer: 429, headers: { 'retry-after': '2' } });
    const { id } = await test.tuesday.startRun(approving('quick'), ask);
    await soon(async () => expect(types(hook, id)).toEqual(['review_opened']));
    await test.tuesday.decide(id, { decision: 'approve' });
    await soon(async () =>
      expect((await deliveriesTo('hook', id)).sort()).toEqual(['delivered', 'over']),
    );
    expect(types(hook, id)).toEqual(['review_opened', 'run_ended']);
  });

  it('tell of an end that came from outside', async () => {
    const { id } = await test.tuesday.startRun(approving('ended'), ask);
    await test.until(id, ({ reviews }) => reviews.length === 1);
    await test.temporal.workflow.getHandle(id).terminate('by a test');
    await soon(async () => {
      await test.temporal.workflow.execute(RECONCILE_WORKFLOW, {
        workflowId: `reconcile-${test.taskQueue}-${randomUUID()}`,
        taskQueue: test.taskQueue,
      });
      expect(types(hook, id)).toEqual(['review_opened', 'run_ended']);
    });
    expect(noticeIn(arrived(hook, id)[1] as Received).data.text).toMatch(/from outside/);
  });

  it('are given up where the receiver has gone, which the run does not notice', async () => {
    hook.behave({ answer: 410 });
    const { id } = await test.tuesday.startRun(team([phase('only')]), ask);
    expect(await test.tuesday.result(id)).toMatchObject({ status: 'completed' });
    await soon(async () =>
      expect(await test.ledger.reader.troubledChannels()).toEqual([
        expect.objectContaining({
          channel: 'hook',
          waiting: 0,
          givenUp: 1,
          problem: 'the receiver answered 410',
        }),
      ]),
    );
    hook.behave({ answer: 200 });
    expect(arrived(hook, id)).toHaveLength(1);
  });
});
