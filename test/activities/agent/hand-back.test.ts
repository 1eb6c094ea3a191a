/** The last turn of a round that can pay for no other, and what is kept free for it. */
import { HAND_BACK_BYTES } from '../../../activities/agent/hand-back-reserve';
import { NoRoom, RoundHandedBack } from '../../../activities/agent/interruptions';
import { PRICES, worstCase } from '../../../domain/prices';
import { RECOVERY } from '../../../domain/recovery';
import {
  calls,
  type RoundOptions,
  type ScriptedAnswer,
  type ScriptedRound,
  says,
  scriptedRound,
} from '../../support/scripted-round';
import { openTestLedger, type TestLedger } from '../../support/test-ledger';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.drop());

const NOTE = { note: 'done' };
const OUT = 1_000;
const PROMPT_TOKENS = 1_000;
const price = PRICES['claude-haiku-5-5'];
if (!price) throw new Error('the price is known');
/** Of one call of the scripted model, and of the hand-back turn that may follow. */
const CALL = worstCase(price, PROMPT_TOKENS, OUT);
const HAND_BACK = worstCase(price, PROMPT_TOKENS + HAND_BACK_BYTES, OUT);
/** What one call costs at the scripted usage. */
const PAID = 6;
const limits = { maxOutputTokens: OUT };
const INCOMPLETE = {
  kind: 'incomplete_research',
  phase: 'research',
  failure: 'budget_exhausted',
};

const roundWith = (options: RoundOptions = {}) =>
  scriptedRound(test, { ...options, phase: { limits, ...options.phase } });
const endOf = async (round: ScriptedRound, script: ScriptedAnswer[], terms: object) =>
  round.run(script, terms).then(
    (answered) => answered,
    (error: unknown) => error,
  );
const looksUp = calls({ what: 'x' });

describe('what is kept free for a hand-back turn', () => {
  it('is its worst case, before each call after which there is something to hand back', async () => {
    const allowanceMicroUsd = PAID + CALL + HAND_BACK;
    const enough = await roundWith();
    expect(await enough.run([looksUp, says(NOTE)], { allowanceMicroUsd })).toMatchObject({
      output: NOTE,
      limitations: [],
    });
    const oneLess = await roundWith();
    const end = await endOf(oneLess, [looksUp], { allowanceMicroUsd: allowanceMicroUsd - 1 });
    expect(end).toBeInstanceOf(NoRoom);
    expect((end as NoRoom).items).toMatchObject([
      { reason: 'budget', needMicroUsd: CALL + HAND_BACK, handBackMicroUsd: HAND_BACK },
    ]);
  });

  it('is nothing before the first call: there is nothing to hand back yet', async () => {
    const round = await roundWith();
    const { output } = await round.run([says(NOTE)], { allowanceMicroUsd: CALL });
    expect(output).toEqual(NOTE);
    const poor = await roundWith();
    const end = await endOf(poor, [], { allowanceMicroUsd: CALL - 1 });
    expect((end as NoRoom).items).toEqual([
      expect.objectContaining({ reason: 'budget', needMicroUsd: CALL }),
    ]);
    expect((end as NoRoom).items[0]).not.toHaveProperty('handBackMicroUsd');
  });

  it('is nothing before a call that must be answered: it is the last turn itself', async () => {
    const round = await roundWith({ phase: { limits: { ...limits, turnsMax: 2 } } });
    const allowanceMicroUsd = PAID + CALL;
    const { limitations } = await round.run([looksUp, says(NOTE)], { allowanceMicroUsd });
    expect(limitations.map(({ failure }) => failure)).toEqual(['loop']);
  });

  it('is nothing where no hand-back is wanted', async () => {
    const table = {
      ...RECOVERY,
      budget_exhausted: { ...RECOVERY.budget_exhausted, ladder: ['end_run'] as const },
    };
    const round = await roundWith({ table });
    const { output } = await round.run([looksUp, says(NOTE)], { allowanceMicroUsd: PAID + CALL });
    expect(output).toEqual(NOTE);
  });
});

describe('a round that hands back', () => {
  /** One turn of research, then no room for another. */
  async function outOfMoney(allowanceMicroUsd: number, turns = 1): Promise<ScriptedRound> {
    const round = await roundWith();
    const script = Array.from({ length: turns }, (_, turn) => calls({ what: `${turn}` }));
    expect(await endOf(round, script, { allowanceMicroUsd })).toBeInstanceOf(NoRoom);
    return round;
  }
  const handsBack = true;

  it('asks once more, without tools, and says what the answer lacks', async () => {
    const allowanceMicroUsd = PAID + HAND_BACK;
    const round = await outOfMoney(allowanceMicroUsd);
    const { output, limitations } = await round.run([says(NOTE)], { allowanceMicroUsd, handsBack });
    expect([output, limitations]).toEqual([NOTE, [INCOMPLETE]]);
    const [, last] = round.requests;
    expect(last).toMatchObject({ mayUseTools: false, maxOutputTokens: OUT });
    expect(last?.prompt.tools).toHaveLength(1);
    expect(last?.exchanges).toHaveLength(1);
    expect(last?.exchanges[0]?.said).toMatch(/budget is used up/);
    expect(last?.exchanges[0]?.toolResults).toHaveLength(1);
  });

  it('buys nothing again when it is entered again', async () => {
    const allowanceMicroUsd = PAID + HAND_BACK;
    const round = await outOfMoney(allowanceMicroUsd);
    const terms = { allowanceMicroUsd, handsBack };
    const first = await round.run([says(NOTE)], terms);
    expect(await round.run([], terms)).toEqual(first);
    expect(round.requests).toHaveLength(2);
  });

  it('leaves the last exchange out where the whole conversation does not fit any more', async () => {
    const big = (request: { exchanges: unknown[] }) =>
      PROMPT_TOKENS * request.exchanges.length ** 4;
    const round = await roundWith({ promptTokensMax: big });
    const terms = { allowanceMicroUsd: 2_000, handsBack };
    const script = [calls({ what: '1' }), calls({ what: '2' }), calls({ what: '3' })];
    const end = await endOf(round, script, { allowanceMicroUsd: 2_000 });
    expect(end).toBeInstanceOf(NoRoom);
    const before = round.requests.at(-1)?.exchanges.length ?? 0;
    const first = await round.run([says(NOTE)], terms);
    expect(first.limitations).toEqual([INCOMPLETE]);
    expect(round.requests.at(-1)?.exchanges).toHaveLength(before);
    expect(await round.run([], terms)).toEqual(first);
  });

  it.each<[string, ScriptedAnswer, string | undefined]>([
    ['does not fit its contract', says({ other: 1 }), '{"other":1}'],
    ['is no JSON', says('so far: x'), 'so far: x'],
    ['is cut off', { text: '{"note":"do', ending: 'truncated' }, '{"note":"do'],
    ['is a refusal', { ending: 'refusal' }, undefined],
    ['calls a tool all the same', looksUp, undefined],
    ['is empty', says(' '), undefined],
  ])('keeps what the answer says where it %s', async (_words, answer, partial) => {
    const allowanceMicroUsd = PAID + HAND_BACK;
    const round = await outOfMoney(allowanceMicroUsd);
    const end = await endOf(round, [answer], { allowanceMicroUsd, handsBack });
    expect(end).toBeInstanceOf(RoundHandedBack);
    expect((end as RoundHandedBack).partial).toBe(partial);
    expect(round.lookedUp).toHaveLength(1);
  });

  it('says that there was no room for that either', async () => {
    const round = await outOfMoney(PAID + CALL - 1);
    const terms = { allowanceMicroUsd: PAID + CALL - 1, handsBack };
    expect(await endOf(round, [], terms)).toBeInstanceOf(RoundHandedBack);
    expect(round.requests).toHaveLength(1);
  });
});
