import { FAILURE_KINDS, type FailureKind, MODEL_FAILURES } from '../../contracts/failures';
import {
  type Ladders,
  ownerOf,
  POSSIBLE_ACTIONS,
  RECOVERY_ACTIONS,
} from '../../contracts/recoveries';
import {
  differences,
  RECOVERY,
  resolveLadders,
  roundAction,
  workflowLadders,
} from '../../domain/recovery';
import { ACTION_WORDS, RECOVERY_ROWS } from '../../domain/recovery-rows';

describe('the table of recoveries', () => {
  it('has one row for each kind of failure and none for anything else', () => {
    expect(Object.keys(RECOVERY).sort()).toEqual([...FAILURE_KINDS].sort());
    expect(new Set(FAILURE_KINDS).size).toBe(FAILURE_KINDS.length);
  });

  it.each(FAILURE_KINDS)('tells a person about %s in a whole sentence', (kind) => {
    expect(RECOVERY[kind].explanation).toMatch(/^[A-Z].{10,}\.$/);
  });

  it.each(FAILURE_KINDS)('does something about %s that makes sense for it', (kind) => {
    expect(RECOVERY[kind].ladder.length).toBeGreaterThan(0);
    expect(POSSIBLE_ACTIONS[kind]).toEqual(expect.arrayContaining([...RECOVERY[kind].ladder]));
  });

  it('uses every row, and every action somewhere', () => {
    const rows = new Set(Object.values(RECOVERY).map(({ row }) => row));
    expect([...rows].sort()).toEqual(Object.keys(RECOVERY_ROWS).sort());
    const possible = new Set(Object.values(POSSIBLE_ACTIONS).flat());
    expect([...possible].sort()).toEqual(Object.values(RECOVERY_ACTIONS).flat().sort());
    expect(Object.keys(ACTION_WORDS).sort()).toEqual([...possible].sort());
  });

  it.each([
    'authentication',
    'permission',
    'billing',
    'spend_cap',
    'invalid_request',
    'unknown_model',
  ] as const)('never retries %s: an operator has to put it right', (kind) => {
    expect(RECOVERY[kind].ladder).toEqual(['ask_operator']);
  });

  it('never retries a refusal blindly', () => {
    expect(POSSIBLE_ACTIONS.refused_by_model).not.toContain('retry');
  });
});

describe('resolveLadders', () => {
  it('appends what follows, as far as it goes', () => {
    const ladders = resolveLadders(RECOVERY);
    expect(ladders.missing_fields).toEqual(['repair', 'degrade', 'ask_person']);
    expect(ladders.tool_timeout).toEqual(['retry', ...RECOVERY.tool_unavailable.ladder]);
  });

  it('takes what a team declares, and a phase above its team', () => {
    const ladders = resolveLadders(
      RECOVERY,
      { refused_by_model: ['degrade'], overloaded: ['ask_operator'] },
      { refused_by_model: ['ask_person'] },
    );
    expect(ladders.refused_by_model).toEqual(['ask_person']);
    expect(ladders.overloaded).toEqual(['ask_operator']);
    expect(ladders.loop).toEqual(resolveLadders(RECOVERY).loop);
  });

  it('leaves a kind that is switched off without anything, whatever would follow', () => {
    const table = { ...RECOVERY, check_failed: { ...RECOVERY.check_failed, ladder: [] } };
    expect(resolveLadders(table).check_failed).toEqual([]);
  });
});

describe('the ladders of a plan', () => {
  const whole: Ladders = resolveLadders(RECOVERY);

  it('leave out what only steps can do, and keep what is switched off', () => {
    const kept = workflowLadders({ ...whole, tool_unknown: [] });
    expect(kept).not.toHaveProperty('malformed_answer');
    expect(kept.tool_unknown).toEqual([]);
    for (const kind of MODEL_FAILURES) expect(kept[kind]).toEqual(whole[kind]);
  });

  it('are kept for a phase only where it differs from its team', () => {
    const own = resolveLadders(RECOVERY, { refused_by_model: ['degrade'] });
    expect(differences(whole, own)).toEqual({ refused_by_model: ['degrade'] });
    expect(differences(whole, whole)).toEqual({});
  });
});

describe('roundAction', () => {
  const all = () => true;

  it('goes down the ladder with each rejection and stays on the last step', () => {
    const ladder = RECOVERY.truncated.ladder;
    expect([0, 1, 2].map((nth) => roundAction(ladder, nth, all))).toEqual([
      'more_room',
      'in_parts',
      'in_parts',
    ]);
  });

  it('passes over what is not possible, and what is no round', () => {
    const { ladder } = RECOVERY.overloaded;
    expect(roundAction(ladder, 0, all)).toBe('fallback_model');
    expect(roundAction(ladder, 0, () => false)).toBeUndefined();
  });
});

describe('ownerOf', () => {
  it.each(Object.entries(RECOVERY_ACTIONS))(
    'knows who takes the actions of a %s',
    (owner, list) => {
      for (const action of list) expect(ownerOf(action)).toBe(owner);
    },
  );

  it.each(FAILURE_KINDS)('is known for all that is done about %s', (kind: FailureKind) => {
    for (const action of RECOVERY[kind].ladder) expect(() => ownerOf(action)).not.toThrow();
  });
});
