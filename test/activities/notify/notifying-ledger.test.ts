import type { Channel } from '../../../activities/notify/channel';
import { notifyingLedger } from '../../../activities/notify/notifying-ledger';
import { TemporalUnavailable } from '../../../contracts/errors';
import {
  NOTIFIED_EVENTS,
  type NotifyInput,
  notificationKey,
} from '../../../contracts/notifications';
import type { RunEventBody } from '../../../contracts/run-state';
import { SOME_SHA256 } from '../../support/plans';
import {
  closingOf,
  eventsOf,
  openRun,
  openTestLedger,
  outboxOf,
  runId,
  type TestLedger,
} from '../../support/test-ledger';

const OPENED: RunEventBody[] = [
  { type: 'run_opened', budgetMicroUsd: 1, phases: ['write'] },
  { type: 'phase_started', phase: 'write', round: 1, allowanceMicroUsd: 1 },
  {
    type: 'review_opened',
    review: {
      ...{ id: 'write-3', kind: 'approval', phase: 'write', reason: 'always' },
      ...{ digest: SOME_SHA256, options: ['approve', 'stop'] },
    },
  },
];
const hook: Channel = {
  interest: { events: NOTIFIED_EVENTS },
  content: false,
  link: () => '',
  send: async () => undefined,
};

describe('a ledger of which channels want to hear', () => {
  let opened: TestLedger;
  beforeAll(async () => {
    opened = await openTestLedger();
  });
  afterAll(() => opened.drop());

  function listened() {
    const started: NotifyInput[] = [];
    const failures: Error[] = [];
    const ledger = notifyingLedger(opened.ledger, {
      channels: { hook, deaf: { ...hook, interest: { events: ['review_reminded'] } } },
      async startNotify(input) {
        const failure = failures.shift();
        if (failure) throw failure;
        started.push(input);
      },
    });
    return { ledger, started, failures };
  }
  async function run() {
    const id = runId();
    await openRun(opened, id);
    return id;
  }

  it('starts one notification for what they want, with the names of those who do', async () => {
    const { ledger, started } = listened();
    const id = await run();
    const events = eventsOf(1, ...OPENED);
    await ledger.recordEvents(outboxOf(id, events));
    const { at } = events[2] as { at: number };
    const notification = { run: id, event: 'review_opened', version: 3, at, reviewId: 'write-3' };
    expect(started).toEqual([{ notification, channels: ['hook'] }]);
  });

  it('loses none: an activity that could not start one carries its event again', async () => {
    const { ledger, started, failures } = listened();
    const outbox = outboxOf(await run(), eventsOf(1, ...OPENED));
    failures.push(new TemporalUnavailable('away'));
    await expect(ledger.recordEvents(outbox)).rejects.toBeInstanceOf(TemporalUnavailable);
    await ledger.recordEvents(outbox);
    await ledger.recordEvents(outbox);
    const keys = started.map(({ notification }) => notificationKey(notification));
    expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
  });

  it('names what comes after a reset by another key', async () => {
    const { ledger, started } = listened();
    const id = await run();
    const events = eventsOf(1, ...OPENED);
    await ledger.recordEvents(outboxOf(id, events));
    const later = events.map((event) => ({ ...event, at: event.at + 1 }));
    await ledger.recordEvents(outboxOf(id, later, { temporalRunId: 'temporal-2' }));
    const keys = started.map(({ notification }) => notificationKey(notification));
    expect(new Set(keys).size).toBe(2);
  });

  it('does not tell of a review that is decided by then, nor of what it does not record', async () => {
    const { ledger, started } = listened();
    const id = await run();
    const decision = {
      decisionId: 'd',
      reviewId: 'write-3',
      decision: 'stop',
      actor: 'ann',
    } as const;
    await ledger.recordEvents(
      outboxOf(id, eventsOf(1, ...OPENED, { type: 'decision_taken', decision })),
    );
    expect(started).toEqual([]);
    const end = closingOf(id, 'stopped', {
      version: 5,
      events: eventsOf(5, { type: 'run_ended', status: 'stopped' }),
    });
    await ledger.closeRun(end);
    expect(started.map(({ notification }) => notification.event)).toEqual(['run_ended']);
    await ledger.recordEvents(outboxOf(id, eventsOf(6, { type: 'run_ended', status: 'stopped' })));
    expect(started).toHaveLength(1);
  });
});
