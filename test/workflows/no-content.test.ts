/**
 * No content in Temporal. Markers are planted wherever content comes in or goes wrong; the ledger
 * has every one of them, and Temporal has none, whatever it is asked.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client as DatabaseClient } from 'pg';
import { eventsMax, HISTORY_LIMITS, reportHistory } from '../../bench/history-report';
import { writeNotes } from '../../bench/notes';
import type { DecideRequest } from '../../client/types';
import { report } from '../../teams';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

/** One for each place; words, so that search and extraction leave them whole. */
const MARKERS = {
  document: 'zqdocument',
  fileName: 'zqfilename',
  unreadableFile: 'zqunreadable',
  question: 'zqquestion',
  description: 'zqdescription',
  role: 'zqrole',
  instructions: 'zqinstructions',
  effect: 'zqeffect',
  toolError: 'zqtoolerror',
  modelError: 'zqmodelerror',
  requestError: 'zqrequesterror',
  internalError: 'zqinternalerror',
};
/** There is no place for a person's words yet: what a caller adds must not get through. */
const COMMENT = 'zqcomment';
const KEY = 'no-content';

let test: TestTuesday;
let model: ScriptedModel;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuesday-test-'));
  const made = { up: 0 };
  model = await startScriptedModel((stepKey) =>
    stepKey.includes(`/${KEY}/`) && stepKey.endsWith('/research/-/1/1.model') && made.up++ === 0
      ? { tool: 'read_document', input: { document: `${MARKERS.toolError}.md` } }
      : undefined,
  );
  test = await startTestTuesday({ modelUrl: model.url });
  model.forwardTo(test.simulator.url);
});
afterAll(async () => {
  await test.stop();
  await model.close();
  await rm(folder, { recursive: true, force: true });
});

/** A team with the markers of its author. */
const marked = team(
  row(
    phase('research', {
      role: `You are ${MARKERS.role}.`,
      instructions: `Write one note about ${MARKERS.instructions}.`,
      tools: ['search_documents', 'read_document'],
    }),
    phase('writing'),
    phase('publishing', {
      review: 'always',
      effects: [
        {
          tool: 'publish_file',
          input: { path: 'note.md', content: `${MARKERS.effect} {{output.note}} {{question}}` },
        },
      ],
    }),
  ),
  { documents: 'required', description: `About ${MARKERS.description}.` },
);

async function writeDocuments(): Promise<string> {
  const text = `# Notes\n\nThe harbour of ${MARKERS.document} was rebuilt in 1931 and is worth a note.\n`;
  await writeFile(join(folder, `${MARKERS.fileName}.md`), text);
  await writeFile(join(folder, `${MARKERS.unreadableFile}.pdf`), '%PDF-1.7 and nothing more');
  return folder;
}

/** Writing's first step meets an error of the database that nobody knows. */
async function withBrokenSteps(act: (mend: () => Promise<void>) => Promise<void>): Promise<void> {
  const database = new DatabaseClient({ connectionString: test.databaseUrl });
  await database.connect();
  try {
    await database.query(`
      CREATE FUNCTION break_step() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '${MARKERS.internalError}'; END $$;
      CREATE TRIGGER break_step BEFORE INSERT ON steps FOR EACH ROW
        WHEN (NEW.phase = 'writing') EXECUTE FUNCTION break_step();`);
    await act(async () => {
      await database.query('DROP TRIGGER break_step ON steps');
    });
  } finally {
    await database.end();
  }
}

/** All artifacts of the ledger, as one text. */
async function artifactsText(): Promise<string> {
  const database = new DatabaseClient({ connectionString: test.databaseUrl });
  await database.connect();
  try {
    const { rows } = await database.query<{ bytes: Buffer }>('SELECT bytes FROM artifacts');
    return rows.map(({ bytes }) => bytes.toString('utf8')).join('\n');
  } finally {
    await database.end();
  }
}

/** Every string and every byte of a value, payloads decoded. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return `${value}\n`;
  if (value instanceof Uint8Array) return `${Buffer.from(value).toString('utf8')}\n`;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, member]) => `${key}\n${textOf(member)}`)
    .join('');
}

/** What Temporal shows of the run at this moment: pending activities with their last failures too. */
async function described(): Promise<string> {
  const execution = { workflowId: KEY };
  const { namespace } = test.temporal.options;
  const answer = await test.temporal.workflowService.describeWorkflowExecution({
    namespace,
    execution,
  });
  return textOf(answer);
}

describe('a run with content everywhere', () => {
  /** While a phase is at work again after a failure. */
  let working = '';
  /** Whatever Temporal has said. */
  let temporal = '';

  beforeAll(async () => {
    test.simulator.addFault({
      kind: 'http_error',
      status: 529,
      message: MARKERS.modelError,
      times: 1,
    });
    test.simulator.addFault({
      kind: 'http_error',
      status: 400,
      message: MARKERS.requestError,
      idempotencyKeyContains: '/publishing/',
      times: 1,
    });
    test.simulator.addFault({
      kind: 'hold',
      where: 'before_headers',
      until: 'release',
      idempotencyKeyContains: '/research/',
      times: 1,
    });
    const held = requestHeld();
    await withBrokenSteps(async (mend) => {
      await test.tuesday.startRun(marked, {
        question: `What of ${MARKERS.question} is worth a note?`,
        documents: await writeDocuments(),
        skipUnreadable: true,
        key: KEY,
      });
      await held;
      working = await described();
      temporal += working;
      test.simulator.release();
      await decideWhen('internal_error', 'resume', mend);
      await decideWhen('invalid_request', 'resume');
      await decideWhen('always', 'approve');
    });
    const result = await test.tuesday.result(KEY);
    expect(result.completedPhases).toEqual(['research', 'writing', 'publishing']);
    const handle = test.temporal.workflow.getHandle(KEY);
    await handle.result();
    temporal += textOf(await handle.fetchHistory());
    for await (const listed of test.temporal.workflow.list({ query: `WorkflowId = "${KEY}"` }))
      temporal += textOf(listed.raw);
    temporal += textOf(await handle.query('state'));
  });

  function requestHeld(): Promise<void> {
    return new Promise((resolve) => {
      test.simulator.onRequest(({ fault }) => {
        if (fault === 'hold') resolve();
      });
    });
  }

  async function decideWhen(
    reason: string,
    decision: DecideRequest['decision'],
    before = async () => {},
  ): Promise<void> {
    await test.until(KEY, ({ reviews }) => reviews[0]?.reason === reason);
    temporal += await described();
    await before();
    const request = { decision, comment: COMMENT };
    await test.tuesday.decide(KEY, request);
  }

  it.each(Object.entries(MARKERS))('the ledger holds its %s', async (_place, marker) => {
    expect((await artifactsText()).includes(marker)).toBe(true);
  });

  it.each([...Object.entries(MARKERS), ['comment', COMMENT]])(
    'Temporal does not hold its %s',
    (_place, marker) => {
      expect(temporal.toLowerCase().includes(marker)).toBe(false);
    },
  );

  it('is one whose histories would show it', () => {
    // What is looked into is decoded: ids and enums are there, references too.
    expect(temporal).toContain('"phase":"research"');
    expect(working).toContain('a step is to be tried again');
    expect(temporal).toContain('TuesdayInternal');
    expect(temporal).toContain('"decision":"approve"');
    expect(temporal).toMatch(/"inputSha256":"[0-9a-f]{64}"/);
  });

  it('leaves no path of this machine in its failures', () => {
    expect(temporal).not.toContain(join(__dirname, '..', '..'));
    expect(temporal).not.toContain('node_modules');
    expect(temporal).not.toMatch(/^\s+at /m);
  });
});

it('keeps the history of a report on 200 files small', async () => {
  const run = await test.tuesday.startRun(report, {
    question: 'Which stations had the most rain?',
    documents: await writeNotes(join(folder, 'notes')),
  });
  await test.tuesday.result(run);
  await test.temporal.workflow.getHandle(run.id).result();
  const { events, activities, bytes } = await reportHistory(test.temporal, run.id);
  expect(events).toBeLessThanOrEqual(eventsMax(activities));
  expect(bytes).toBeLessThanOrEqual(HISTORY_LIMITS.bytesMax);
});
