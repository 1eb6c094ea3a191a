/** What was recorded once must be decided in the same way by the workflows of today. */
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import pino from 'pino';
import { WORKFLOW_TYPE } from '../../contracts/messages';
import { startRuntime } from '../../worker/temporal/runtime';
import { workflowBundle } from '../../worker/workflow-bundle';
import { decodedText, goldenHistories, HISTORY_BYTES_MAX } from './history-files';
import { SCENARIOS } from './scenarios';

const GOLDEN = goldenHistories();

/** What each history's replay ended with: nothing where all is well. */
async function replay(bundle: WorkflowBundleOption): Promise<Map<string, Error | undefined>> {
  const histories = GOLDEN.map(({ file, history }) => ({ workflowId: file, history }));
  const errors = new Map<string, Error | undefined>();
  const options = { workflowBundle: bundle };
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories))
    errors.set(workflowId, error);
  return errors;
}

// What a history that does not replay says is expected here, or reported by jest.
beforeAll(() => startRuntime(pino({ level: 'silent' })));

describe('the workflows of today', () => {
  let errors: Map<string, Error | undefined>;
  beforeAll(async () => {
    errors = await replay(workflowBundle());
  });

  it.each(GOLDEN.map(({ file }) => file))('decide %s as it was decided', (file) => {
    expect(errors.has(file)).toBe(true);
    expect(errors.get(file)).toBeUndefined();
  });
});

describe('their broken twin', () => {
  let errors: Map<string, Error | undefined>;
  beforeAll(async () => {
    const bundle = await bundleWorkflowCode({
      workflowsPath: require.resolve('./broken-twin'),
      logger: new DefaultLogger('ERROR'),
    });
    errors = await replay(bundle);
  });

  it.each(GOLDEN.map(({ file }) => file))('is caught by %s', (file) => {
    expect(errors.get(file)).toBeInstanceOf(DeterminismViolationError);
  });
});

describe('the golden histories', () => {
  it('hold every scenario', () => {
    const recorded = GOLDEN.map(({ workflow, scenario }) => `${workflow} ${scenario}`);
    for (const scenario of Object.keys(SCENARIOS))
      expect(recorded).toContain(`${WORKFLOW_TYPE} ${scenario}`);
  });

  describe.each(GOLDEN.map((golden) => [golden.file, golden] as const))('%s', (_file, golden) => {
    const text = decodedText(golden.history);

    it('is whole and small', () => {
      const types = golden.history.events.map(({ eventType }) => String(eventType));
      expect(types.at(-1)).toMatch(
        /^EVENT_TYPE_WORKFLOW_EXECUTION_(COMPLETED|FAILED|CONTINUED_AS_NEW)$/,
      );
      expect(JSON.stringify(golden.history).length).toBeLessThanOrEqual(HISTORY_BYTES_MAX);
    });

    it('names nothing of a machine', () => {
      for (const place of [homedir(), tmpdir(), join(__dirname, '..', '..'), 'node_modules'])
        expect(text).not.toContain(`${place}/`);
      expect(text).not.toContain(`@${hostname()}`);
      expect(text).not.toMatch(/^\s+at /m);
    });

    it('holds no content', () => {
      // Words of the scenarios' questions, instructions, documents and outputs.
      expect(text).not.toMatch(/worth|agent|Write one|harbour|station|piers|damaged/i);
    });
  });
});
