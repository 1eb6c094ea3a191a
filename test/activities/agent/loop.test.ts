import type { FailureKind } from '../../../contracts/failures';
import { SAME_CALL_TURNS_MAX, TOOL_CALLS_PER_TURN_MAX } from '../../../contracts/limits';
import { RECOVERY, type RecoveryTable } from '../../../domain/recovery';
import { calls, type ScriptedAnswer, says, scriptedRound } from '../../support/scripted-round';
import { openTestLedger, type TestLedger } from '../../support/test-ledger';

const NOTE = { note: 'what there is' };
const INCOMPLETE = { kind: 'incomplete_research', phase: 'research', failure: 'loop' };
/** Different calls, so that nothing is made twice. */
const looking = (count: number): ScriptedAnswer[] =>
  Array.from({ length: count }, (_, index) => calls({ what: `thing ${index}` }));
const same = (count: number): ScriptedAnswer[] =>
  Array.from({ length: count }, () => calls({ what: 'the same' }));
const without = (kind: FailureKind): RecoveryTable => ({
  ...RECOVERY,
  [kind]: { ...RECOVERY[kind], ladder: [] },
});

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.drop());

describe('an agent that does not come to an end', () => {
  it('is told to answer when it makes the same call again and again, and may call nothing more', async () => {
    const round = await scriptedRound(test);
    expect(await round.run([...same(SAME_CALL_TURNS_MAX), says(NOTE)])).toEqual({
      output: NOTE,
      limitations: [INCOMPLETE],
      recoveries: ['answer_now'],
    });
    const last = round.requests.at(-1);
    expect(last?.mayUseTools).toBe(false);
    expect(last?.exchanges.at(-1)?.said).toContain('The same call was made 3 times.');
    expect(await round.recoveries()).toEqual([{ failure: 'loop', action: 'answer_now', count: 1 }]);
  });

  it('may make other calls, and the same one several times in a turn', async () => {
    const round = await scriptedRound(test);
    const twice = calls({ what: 'a' }, { what: 'a' }, { what: 'a' });
    const { limitations } = await round.run([twice, twice, ...looking(2), says(NOTE)]);
    expect(limitations).toEqual([]);
    expect(round.requests.every(({ mayUseTools }) => mayUseTools)).toBe(true);
  });

  it('answers in its last turn, and the answer says that it may be incomplete', async () => {
    const round = await scriptedRound(test, { phase: { limits: { turnsMax: 4 } } });
    const { limitations } = await round.run([...looking(3), says(NOTE)]);
    expect(limitations).toEqual([INCOMPLETE]);
    expect(round.requests.map(({ mayUseTools }) => mayUseTools)).toEqual([true, true, true, false]);
  });

  it('has calls carried out up to the limit of one answer, and is told of those beyond it', async () => {
    const limits = { badToolCallsMax: 2 };
    const round = await scriptedRound(test, { phase: { limits } });
    const many = (count: number) =>
      calls(...Array.from({ length: count }, (_, index) => ({ what: `thing ${index}` })));
    const answered = await round.run([many(TOOL_CALLS_PER_TURN_MAX + 2), says(NOTE)]);
    expect(answered.limitations).toEqual([]);
    expect(round.lookedUp).toHaveLength(TOOL_CALLS_PER_TURN_MAX);
    const { toolResults = [] } = round.requests.at(-1)?.exchanges.at(-1) ?? {};
    const refused = toolResults.filter(({ isError }) => isError);
    expect(refused).toHaveLength(2);
    for (const { content } of refused) expect(content).toMatch(/too_many_calls.*32 calls at most/);
    // They are bad calls, of which there may be so many.
    const other = await scriptedRound(test, { phase: { limits } });
    const { limitations } = await other.run([many(TOOL_CALLS_PER_TURN_MAX + 3), says(NOTE)]);
    expect(limitations).toEqual([INCOMPLETE]);
    expect(other.lookedUp).toHaveLength(TOOL_CALLS_PER_TURN_MAX);
  });

  it('answers after too many calls of tools that do not exist or do not fit', async () => {
    const round = await scriptedRound(test, { phase: { limits: { badToolCallsMax: 1 } } });
    const bad = [calls({ what: 1 }), { calls: [{ name: 'made_up', input: {} }] }];
    const { limitations } = await round.run([...bad, says(NOTE)]);
    expect(limitations).toEqual([INCOMPLETE]);
    expect(round.lookedUp).toEqual([]);
  });

  it('ends its round when it calls tools all the same, and none is executed', async () => {
    const round = await scriptedRound(test, { phase: { limits: { turnsMax: 3 } } });
    await expect(round.run([...looking(2), ...looking(3)])).rejects.toMatchObject({
      failure: 'loop',
      report: expect.stringContaining('- look_up {"what":"thing 0"}'),
    });
    expect(round.lookedUp).toHaveLength(2);
  });

  it('ends its round at once where the ladder does not ask for an answer', async () => {
    const round = await scriptedRound(test, { table: without('loop') });
    await expect(round.run([...same(5), says(NOTE)])).rejects.toMatchObject({ failure: 'loop' });
    expect(round.requests).toHaveLength(SAME_CALL_TURNS_MAX);
    expect(await round.recoveries()).toEqual([]);
  });

  it('loses and doubles nothing when its attempt is repeated', async () => {
    const round = await scriptedRound(test);
    // Lost with the worker before its last answer.
    await expect(round.run(same(SAME_CALL_TURNS_MAX))).rejects.toThrow('the script is out');
    expect(await round.run([says(NOTE)])).toMatchObject({ limitations: [INCOMPLETE] });
    expect(await round.run([])).toEqual({
      output: NOTE,
      limitations: [INCOMPLETE],
      recoveries: ['answer_now'],
    });
    expect(await round.recoveries()).toEqual([{ failure: 'loop', action: 'answer_now', count: 1 }]);
    expect(round.lookedUp).toHaveLength(SAME_CALL_TURNS_MAX);
  });
});

describe('an answer that cannot be used as it is', () => {
  const bad = says({ wrong: true });
  const cut: ScriptedAnswer = { text: '{"no', ending: 'truncated' };

  it('is mended in one more turn of the conversation', async () => {
    const round = await scriptedRound(test);
    expect(await round.run([bad, says(NOTE)])).toEqual({
      output: NOTE,
      limitations: [],
      recoveries: ['repair_turn'],
    });
    expect(round.requests[1]?.exchanges[0]?.said).toContain('cannot be handed on');
    expect(await round.recoveries()).toEqual([
      { failure: 'malformed_answer', action: 'repair_turn', count: 1 },
    ]);
  });

  it.each([
    ['a second time', {}, RECOVERY, [bad, bad]],
    ['in the last turn', { limits: { turnsMax: 1 } }, RECOVERY, [bad]],
    ['where the ladder has no such turn', {}, without('malformed_answer'), [bad]],
  ])('ends its round %s', async (_when, phase, table, script) => {
    const round = await scriptedRound(test, { phase, table });
    await expect(round.run(script)).rejects.toMatchObject({ failure: 'format_violation' });
    expect(round.requests).toHaveLength(script.length);
  });

  it('is asked for once more with twice the room when it is cut off', async () => {
    const round = await scriptedRound(test, { phase: { limits: { maxOutputTokens: 1_000 } } });
    expect(await round.run([cut, says(NOTE)])).toMatchObject({ output: NOTE });
    expect(round.requests.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([1_000, 2_000]);
    expect(await round.recoveries()).toEqual([
      { failure: 'answer_cut', action: 'more_room_turn', count: 1 },
    ]);
  });

  it('has no more room than its model gives', async () => {
    const limits = { maxOutputTokens: 100_000 };
    const round = await scriptedRound(test, { phase: { limits } });
    await round.run([cut, says(NOTE)]);
    expect(round.requests[1]?.maxOutputTokens).toBe(128_000);
    const full = await scriptedRound(test, { phase: { limits: { maxOutputTokens: 128_000 } } });
    await expect(full.run([cut])).rejects.toMatchObject({
      failure: 'truncated',
      report: 'The answer was cut off after 128000 tokens.',
    });
  });

  it.each<[string, FailureKind, ScriptedAnswer[], RecoveryTable]>([
    ['cut off twice', 'truncated', [cut, cut], RECOVERY],
    ['cut off, without more room in the ladder', 'truncated', [cut], without('answer_cut')],
    ['refused', 'refused_by_model', [{ ending: 'refusal' }], RECOVERY],
    ['longer than the window', 'context_exceeded', [{ ending: 'context_exceeded' }], RECOVERY],
    ['ended in an unknown way', 'empty_output', [{ ending: 'unknown' }], RECOVERY],
  ])('ends its round when it is %s', async (_how, failure, script, table) => {
    const round = await scriptedRound(test, { table });
    await expect(round.run(script)).rejects.toMatchObject({ failure });
  });
});
