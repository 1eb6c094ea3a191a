/** A run whose budget is used up in the middle of research: one last turn gives what there is. */
import { costOf, PRICES } from '../../domain/prices';
import { CACHE_MODES } from '../support/cache-modes';
import { useTemporaryFolder } from '../support/document-folder';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const MODEL = 'claude-haiku-5-5';
/** Turns of research before it answers by itself. */
const TURNS = 4;
/** Room for one turn of research and the hand-back turn, and not for another turn between them. */
const TIGHT_MICRO_USD = 8_000;

const research = phase('research', { tools: ['search_documents'] });
const onDocuments = (...phases: Parameters<typeof row>) =>
  team(row(...phases), { documents: 'required' });

describe.each(CACHE_MODES)(
  'a budget that is used up in research, %s',
  (_name, cachedWorkflowsMax) => {
    let test: TestTuesday;
    const folder = useTemporaryFolder();
    beforeAll(async () => {
      test = await startTestTuesday({ cachedWorkflowsMax });
    });
    beforeEach(() => {
      folder.write({
        'notes.md': '# Notes\n\nThe harbour was rebuilt in 1931 and is worth a note.\n',
      });
      for (let turn = 1; turn <= TURNS; turn++)
        test.simulator.addFault({
          kind: 'tool_calls',
          phase: 'research',
          turn,
          calls: [{ name: 'search_documents', input: { query: `harbour ${turn}` } }],
        });
    });
    afterEach(() => test.simulator.clearFaults());
    afterAll(() => test.stop());

    async function run(phases: Parameters<typeof row>, budgetMicroUsd: number) {
      const started = await test.tuesday.startRun(onDocuments(...phases), {
        question: 'What is worth a note?',
        user: 'tester',
        documents: folder.path(),
        budgetMicroUsd,
      });
      const result = await test.tuesday.result(started);
      const steps = await test.tuesday.trace(started.id);
      return { id: started.id, result, turns: steps.filter(({ kind }) => kind === 'model') };
    }

    it('ends in a last turn whose answer is handed on, and says that it is incomplete', async () => {
      const { id, result, turns } = await run([research, phase('writing')], TIGHT_MICRO_USD);
      expect(result).toMatchObject({
        status: 'completed_with_limitations',
        completedPhases: ['research', 'writing'],
        limitations: [
          { kind: 'incomplete_research', phase: 'research', failure: 'budget_exhausted' },
        ],
        partialOutputs: {},
      });
      const own = turns.filter(({ phase: of }) => of === 'research');
      expect(own.length).toBeLessThan(TURNS);
      const last = test.simulator
        .requests()
        .filter(({ headers }) => headers['idempotency-key']?.includes(`${id}/`))
        .filter(({ headers }) => headers['idempotency-key']?.includes('/research/'))
        .at(-1)?.body as { tools: object[]; tool_choice: object } | undefined;
      expect(last?.tools).toHaveLength(1);
      expect(last?.tool_choice).toEqual({ type: 'none' });
      expect(JSON.stringify(last)).toContain('The budget is used up');
      expect(result.recoveries).toContainEqual({
        phase: 'research',
        failure: 'budget_exhausted',
        action: 'hand_back',
        count: 1,
      });
    });

    it('keeps a last answer that fits no contract, and ends with it', async () => {
      test.simulator.addFault({ kind: 'malformed_json', phase: 'research' });
      const { id, result } = await run([research, phase('writing')], TIGHT_MICRO_USD);
      expect(result.status).toBe('budget_exhausted');
      expect(result.outputs).toEqual({});
      expect(result.completedPhases).toEqual([]);
      expect(result.partialOutputs.research?.text).toMatch(/\S/);
      expect(result.explanation).toMatch(
        /no room for the next call of research: .* up to \$0\.\d+/,
      );
      expect(result.limitations.map(({ kind, phase: of }) => [kind, of]).sort()).toEqual([
        ['phase_not_done', 'research'],
        ['phase_not_done', 'writing'],
      ]);
      const [first] = (await test.tuesday.getRun(id)).phases;
      expect(first?.partialSha256).toBe(result.partialOutputs.research?.sha256);
      const { entries } = await test.tuesday.history(id, { after: 0, limit: 100 });
      expect(entries.map(({ event }) => event.type)).toContain('phase_handed_back');
    });

    it('does not send work back that nothing could pay for', async () => {
      const produces = {
        type: 'object',
        properties: { verdict: { type: 'string', enum: ['revise'] } },
        required: ['verdict'],
        additionalProperties: false,
      };
      const checking = {
        ...research,
        produces,
        revises: { phase: 'draft', field: 'verdict', equals: 'revise', revisionsMax: 2 },
      };
      const { result } = await run([phase('draft'), checking], TIGHT_MICRO_USD);
      expect(result.status).toBe('completed_with_limitations');
      expect(result.completedPhases).toEqual(['draft', 'research']);
      expect(result.limitations.map(({ kind }) => kind).sort()).toEqual([
        'incomplete_research',
        'review_unresolved',
      ]);
    });

    it('ends without a last turn where the team wants none', async () => {
      const recoveries = { budget_exhausted: ['end_run' as const] };
      const { result, turns } = await run([{ ...research, recoveries }], TIGHT_MICRO_USD / 2 + 900);
      expect(result.status).toBe('budget_exhausted');
      expect(turns.every(({ ending }) => ending === 'tool_calls')).toBe(true);
      expect(result.partialOutputs).toEqual({});
    });

    it('never spends more than the budget, whatever the budget is', async () => {
      const seen = new Set<string>();
      for (let budget = 2_000; budget <= 14_000; budget += 750) {
        const { id, result, turns } = await run([research], budget);
        seen.add(result.status);
        const { settledMicroUsd, unsettledMicroUsd } = result.costs;
        expect(settledMicroUsd + unsettledMicroUsd).toBeLessThanOrEqual(budget);
        const price = PRICES[MODEL];
        if (!price) throw new Error('the price is known');
        const billed = test.simulator
          .bill()
          .filter(({ headers }) => headers['idempotency-key']?.includes(`${id}/`))
          .map(({ usage }) =>
            costOf(price, {
              inputTokens: usage.inputTokens,
              outputTokens: usage.outputTokens,
              cacheWriteTokens: usage.cacheCreationInputTokens,
              cacheReadTokens: usage.cacheReadInputTokens,
            }),
          );
        expect(turns.map(({ costMicroUsd }) => costMicroUsd)).toEqual(billed);
        expect(billed.reduce((sum, cost) => sum + cost, 0)).toBe(settledMicroUsd);
        // What has begun research ends with something.
        if (turns.length > 0) expect(result.status).not.toBe('budget_exhausted');
      }
      expect([...seen].sort()).toEqual([
        'budget_exhausted',
        'completed',
        'completed_with_limitations',
      ]);
    }, 180_000);
  },
);
