/**
 * The ways of a run that golden histories hold. Each starts a run under the key that it is given and
 * leaves it ended; one that ends otherwise than it says throws.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DecideRequest, StartRequest } from '../../client/types';
import type { DecisionKind } from '../../contracts/reviews';
import type { DefinedTeam } from '../../contracts/team/define';
import { report } from '../../teams';
import type { Files } from '../support/document-folder';
import { loadLimits } from '../support/load-limits';
import { phase, row, team } from '../support/teams';
import type { TestTuesday, TestTuesdayOptions } from '../support/test-tuesday';

export interface Scene {
  test: TestTuesday;
  key: string;
  /** Of this scenario's own, empty. */
  folder: string;
}

const QUESTION = 'What is worth a note?';
/** Quick policies, so that exhausting them does not take long. */
const quick = { modelTriesMax: 2, roundsMax: 2 };

const NOTES: Files = {
  'harbour.md': '# The harbour\n\nThe harbour was rebuilt in 1931. It has two piers.\n',
  'station.md': '# The station\n\nThe station was closed in 1978. Its clock still runs.\n',
};

const publishing = {
  effects: [{ tool: 'publish_file', input: { path: 'note.md', content: '{{output.note}}' } }],
};

/** Always sends work back. */
const strict = phase('check', {
  needs: ['write'],
  produces: {
    type: 'object',
    properties: { verdict: { type: 'string', enum: ['revise'] } },
    required: ['verdict'],
    additionalProperties: false,
  },
  revises: { phase: 'write', field: 'verdict', equals: 'revise', revisionsMax: 1 },
});

export const SCENARIOS: Record<string, (scene: Scene) => Promise<void>> = {
  async completed(scene) {
    await start(scene, report, { documents: await write(scene, NOTES) });
    await ends(scene, 'completed');
  },

  async unreadable_documents(scene) {
    const documents = await write(scene, { ...NOTES, 'broken.pdf': '%PDF-1.7 and nothing more' });
    const reading = team([phase('only', { tools: ['search_documents'] })], {
      documents: 'required',
    });
    await start(scene, reading, { documents, skipUnreadable: true });
    await ends(scene, 'completed_with_limitations');
  },

  async revised(scene) {
    await start(scene, team([phase('write'), strict]));
    await ends(scene, 'completed_with_limitations');
  },

  async parallel(scene) {
    const join = phase('join', { needs: ['left', 'right'] });
    await start(scene, team([phase('left'), phase('right'), join]));
    await ends(scene, 'completed');
  },

  async parked_and_resumed(scene) {
    fault(scene, { kind: 'http_error', status: 401, idempotencyKeyContains: '/second/' });
    await start(scene, team(row(phase('first'), phase('second'))));
    await decideWhenParked(scene, 'authentication', 'resume');
    await ends(scene, 'completed');
  },

  async approval(scene) {
    await start(scene, team([phase('only', publishing)]), { review: 'always' });
    await decideWhenParked(scene, 'always', 'approve');
    await ends(scene, 'completed');
  },

  async signal_refused(scene) {
    await start(scene, team([phase('only', { review: 'always' })]));
    await parked(scene, 'always');
    const handle = scene.test.temporal.workflow.getHandle(scene.key);
    const unknown = { reviewId: 'only-99', decisionId: 'd1', decision: 'stop', actor: 'tester' };
    await handle.signal('decideSignal', unknown);
    await decideWhenParked(scene, 'always', 'approve');
    await ends(scene, 'completed');
  },

  async another_round(scene) {
    fault(scene, { kind: 'empty_text', times: 1 });
    await start(scene, team([phase('only')]));
    await ends(scene, 'completed');
  },

  async rounds_used_up(scene) {
    fault(scene, { kind: 'malformed_json' });
    await start(scene, team([phase('only', { limits: quick })]));
    await decideWhenParked(scene, 'format_violation', 'resume');
    await ends(scene, 'completed');
  },

  async degraded(scene) {
    fault(scene, { kind: 'refusal', idempotencyKeyContains: '/extra/' });
    const extra = phase('extra', { required: false });
    await start(scene, team([extra, phase('main', { needs: ['extra'] })]));
    await ends(scene, 'completed_with_limitations');
  },

  async budget_raised(scene) {
    const heavy = phase('heavy', { limits: { budgetShare: 1, maxOutputTokens: 50_000 } });
    const light = phase('light', { needs: ['heavy'], limits: { budgetShare: 1_000 } });
    await start(scene, team([heavy, light]), { budgetMicroUsd: 60_000 });
    await ends(scene, 'completed');
  },

  async budget_exhausted(scene) {
    const dear = phase('second', { model: { name: 'claude-opus-5-5' } });
    await start(scene, team(row(phase('first'), dear)), { budgetMicroUsd: 60_000 });
    await ends(scene, 'budget_exhausted');
  },

  async long_wait(scene) {
    fault(scene, { kind: 'http_error', status: 429, retryAfterSeconds: 3, times: 1 });
    await start(
      scene,
      team([
        phase('only', {
          limits: { heartbeatMs: 500, startToCloseMs: 2_000, scheduleToCloseMs: 2_000 },
        }),
      ]),
    );
    await ends(scene, 'completed');
  },

  async stopped(scene) {
    fault(scene, { kind: 'http_error', status: 401, idempotencyKeyContains: '/second/' });
    await start(scene, team(row(phase('first'), phase('second'))));
    await decideWhenParked(scene, 'authentication', 'stop');
    await ends(scene, 'stopped');
  },

  async cancelled(scene) {
    const { test, key } = scene;
    fault(scene, { kind: 'hold', where: 'before_headers', until: 'release' });
    await start(scene, team([phase('only')]));
    await test.until(key, ({ phases }) => phases[0]?.current.length === 1);
    await test.temporal.workflow.getHandle(key).cancel();
    await ends(scene, 'stopped');
  },

  async forked(scene) {
    const parent = { ...scene, key: `${scene.key}-parent` };
    const phases = row(phase('first'), phase('second'), phase('third', publishing));
    await start(parent, team(phases));
    await ends(parent, 'completed');
    await scene.test.tuesday.fork(parent.key, { from: 'third', key: scene.key });
    await ends(scene, 'completed');
  },

  async queued(scene) {
    const before = { ...scene, key: `${scene.key}-before` };
    fault(scene, { kind: 'hold', where: 'before_headers', until: 'release' });
    await start(before, team([phase('only')]));
    await scene.test.until(before.key, ({ phases }) => phases[0]?.current.length === 1);
    await start(scene, team([phase('only')]));
    await scene.test.until(scene.key, ({ status }) => status === 'queued');
    scene.test.simulator.clearFaults();
    scene.test.simulator.release();
    await ends(before, 'completed');
    await ends(scene, 'completed');
  },

  async unanswered(scene) {
    const deadline = {
      remindMs: 1_000,
      escalateMs: 1_500,
      decideMs: 2_000,
      default: 'approve',
    } as const;
    await start(scene, team([phase('only', { review: { when: 'always', deadline } })]));
    await ends(scene, 'completed');
  },

  async edited(scene) {
    await start(scene, team([phase('only', { ...publishing, review: 'always' })]));
    await parked(scene, 'always');
    await decide(scene, 'edit', { output: { note: 'In other words.' } });
    await ends(scene, 'completed');
  },

  async revised_by_person(scene) {
    await start(scene, team(row(phase('first', { review: 'always' }), phase('second'))));
    await parked(scene, 'always');
    await decide(scene, 'revise', { comment: 'In fewer words.' });
    await scene.test.until(scene.key, ({ phases, reviews }) =>
      Boolean(reviews[0] && phases[0]?.round === 2),
    );
    await decide(scene, 'approve');
    await ends(scene, 'completed');
  },

  async quorum(scene) {
    await start(scene, team([phase('only', { ...publishing, review: { quorum: 2 } })]));
    await parked(scene, 'always');
    await decide(scene, 'approve', { actor: 'ann' });
    await decide(scene, 'delegate', { actor: 'bob', to: 'eve' });
    await decide(scene, 'approve', { actor: 'eve' });
    await ends(scene, 'completed');
  },

  async answered(scene) {
    const calls = [{ name: 'ask_person', input: { question: QUESTION } }];
    fault(scene, { kind: 'tool_calls', turn: 1, calls });
    await start(scene, team([phase('only', { tools: ['ask_person'] })]));
    await parked(scene, 'question');
    await decide(scene, 'respond', { comment: 'The clock.' });
    await ends(scene, 'completed');
  },

  async topped_up(scene) {
    const recoveries = { budget_exhausted: ['ask_top_up' as const, 'end_run' as const] };
    await start(scene, team([phase('only')], { recoveries }), { budgetMicroUsd: 1_000 });
    await parked(scene, 'budget_exhausted');
    await decide(scene, 'top_up', { addMicroUsd: 1_000_000 });
    await ends(scene, 'completed');
  },

  async rejected(scene) {
    await start(scene, team([phase('only', { review: 'always' })]));
    await parked(scene, 'always');
    await decide(scene, 'reject', { comment: 'No.' });
    await ends(scene, 'rejected');
  },

  continues: runThrice,
  continued: runThrice,

  async refused(scene) {
    await start(scene, team([phase('only', { model: { name: 'made-up-model' } })]));
    await ends(scene, 'refused');
  },
};

/** What a scenario's Tuesday is started with, where it is not the default. */
export const SETTINGS: Partial<Record<string, TestTuesdayOptions>> = {
  queued: { limits: loadLimits({ runsAtWork: { installation: 1 } }) },
  // So few that every phase is followed by another Temporal run.
  continues: { historyEventsMax: 5 },
  continued: { historyEventsMax: 5 },
};
/** Scenarios whose first Temporal run is kept, not the last. */
export const FIRST_RUN_KEPT = new Set(['continues']);

async function runThrice(scene: Scene): Promise<void> {
  await start(scene, team(row(phase('first'), phase('second'), phase('third', publishing))));
  await ends(scene, 'completed');
}

async function write({ folder }: Scene, files: Files): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

async function start(
  { test, key }: Scene,
  defined: DefinedTeam,
  options: Partial<StartRequest> = {},
): Promise<void> {
  await test.tuesday.startRun(defined, { question: QUESTION, user: 'tester', key, ...options });
}

function fault({ test }: Scene, added: Parameters<TestTuesday['simulator']['addFault']>[0]): void {
  test.simulator.addFault(added);
}

async function parked({ test, key }: Scene, reason: string): Promise<void> {
  await test.until(key, ({ reviews }) => reviews[0]?.reason === reason);
}

async function decide(
  { test, key }: Scene,
  decision: DecisionKind,
  request: Partial<DecideRequest> = {},
): Promise<void> {
  await test.tuesday.decide(key, { decision, actor: 'tester', ...request });
}

/** What was wrong is mended before the decision. */
async function decideWhenParked(
  scene: Scene,
  reason: string,
  decision: 'approve' | 'resume' | 'stop',
): Promise<void> {
  await parked(scene, reason);
  scene.test.simulator.clearFaults();
  await scene.test.tuesday.decide(scene.key, { decision, actor: 'tester', decisionId: decision });
}

/** Waits until Temporal, too, has seen the end. */
async function ends({ test, key }: Scene, status: string): Promise<void> {
  const handle = test.temporal.workflow.getHandle(key);
  // A run that was refused or failed fails its workflow; the status below tells whether it should.
  await handle.result().catch(() => undefined);
  const view = await test.tuesday.getRun(key);
  if (view.status !== status)
    throw new Error(`${key} ended as ${view.status} instead of ${status}: ${view.explanation}`);
}
