import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import type { RunHandle } from '../../client/types';
import { checkTeam } from '../../contracts/team/check';
import { installedTools } from '../../contracts/tools';
import { writeFiles } from '../support/document-folder';
import { type RandomTeam, teams } from '../support/random-teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const TEAMS_COUNT = 10;
/** Other teams: `TUESDAY_TEST_SEED=7 npx jest test/workflows/random-teams.test.ts`. */
const SEED = Number(process.env.TUESDAY_TEST_SEED ?? 20261121);

const DOCUMENTS = {
  'retries.md': '# Retries\n\nA retry policy states how often an activity is tried again.\n',
  'timeouts.txt': 'A heartbeat timeout ends an attempt whose worker is gone.\n',
};

const random = fc.sample(teams, { numRuns: TEAMS_COUNT, seed: SEED });

describe(`random teams by seed ${SEED}`, () => {
  let test: TestTuesday;
  let documents: string;
  const runs: Promise<RunHandle>[] = [];
  beforeAll(async () => {
    documents = await mkdtemp(join(tmpdir(), 'tuesday-test-'));
    writeFiles(documents, DOCUMENTS);
    // Replaying every workflow task: graphs of any shape must decide the same again.
    test = await startTestTuesday({ simulator: { seed: SEED }, cachedWorkflowsMax: 0 });
    for (const [index, team] of random.entries()) runs.push(start(team, `random-${index}`));
    await Promise.allSettled(runs);
  });
  afterAll(async () => {
    await test.stop();
    await rm(documents, { recursive: true });
  });

  function start({ definition, failing }: RandomTeam, key: string): Promise<RunHandle> {
    if (failing)
      test.simulator.addFault({
        kind: 'refusal',
        idempotencyKeyContains: `/${key}/`,
        contains: `You are the ${failing} agent.`,
      });
    return test.tuesday.startRun(definition, {
      key,
      question: 'How are retries and timeouts set?',
      user: 'tester',
      ...(definition.documents === 'required' ? { documents } : {}),
    });
  }

  it.each(random.map((team, index) => ({ index, ...team })))(
    'team $index runs to its end, and all it brings holds its contracts',
    async ({ index, definition, failing }) => {
      expect(checkTeam(definition, installedTools()).problems).toEqual([]);
      const { id } = (await runs[index]) as RunHandle;
      let reviews: unknown[] = [];
      for await (const view of test.tuesday.watchRun(id, { untilParked: true }))
        reviews = view.reviews;
      // A parked run says here why.
      expect(reviews).toEqual([]);

      const result = await test.tuesday.result(id);
      const lacking = result.limitations.filter(({ kind }) => kind !== 'review_unresolved');
      expect(lacking).toEqual(
        failing ? [expect.objectContaining({ kind: `incomplete_${failing}`, phase: failing })] : [],
      );
      expect(result.status).toBe(
        result.limitations.length > 0 ? 'completed_with_limitations' : 'completed',
      );
      const expected = definition.phases.map(({ name }) => name).filter((name) => name !== failing);
      expect([...result.completedPhases].sort()).toEqual([...expected].sort());
      for (const { name, produces } of definition.phases.filter((phase) => phase.name !== failing))
        expect({ name, violations: violationsOf(produces, result.outputs[name]?.output) }).toEqual({
          name,
          violations: [],
        });
    },
  );
});

it('random teams are of many kinds', () => {
  const phases = fc
    .sample(teams, { numRuns: 100, seed: SEED })
    .flatMap(({ definition }) => definition.phases);
  const needs = phases.map((phase) => phase.needs ?? []);
  expect(phases.some(({ tools }) => tools?.length)).toBe(true);
  expect(phases.some(({ revises }) => revises)).toBe(true);
  expect(phases.some(({ effects }) => effects?.length)).toBe(true);
  expect(phases.some(({ required }) => required === false)).toBe(true);
  expect(needs.some((list) => list.length > 1)).toBe(true);
  expect(needs.flat().some((need) => typeof need === 'object')).toBe(true);
});

function violationsOf(contract: Record<string, unknown>, output: unknown): string[] {
  const ajv = new Ajv({ allErrors: true, strict: false });
  addFormats(ajv);
  const validate = ajv.compile(contract);
  validate(output);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
