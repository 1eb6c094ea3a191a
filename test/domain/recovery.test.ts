import {
  type FailureKind,
  HANDOFF_FAILURES,
  MODEL_FAILURES,
  RUN_FAILURES,
  TOOL_FAILURES,
} from '../../contracts/failures';
import { RECOVERY, roundRecoveries } from '../../domain/recovery';

const KINDS: FailureKind[] = [
  ...MODEL_FAILURES,
  ...HANDOFF_FAILURES,
  ...TOOL_FAILURES,
  ...RUN_FAILURES,
];

describe('the table of recoveries', () => {
  it('has one row for each kind of failure and none for anything else', () => {
    expect(Object.keys(RECOVERY).sort()).toEqual([...KINDS].sort());
    expect(new Set(KINDS).size).toBe(KINDS.length);
  });

  it.each(KINDS)('tells a person about %s in a whole sentence', (kind) => {
    expect(RECOVERY[kind].explanation).toMatch(/^[A-Z].{10,}\.$/);
  });

  it.each(KINDS)('gives %s an action of its owner', (kind) => {
    const { owner, action } = RECOVERY[kind];
    const ofSteps = ['retry', 'operator', 'tell_agent'].includes(action);
    expect(ofSteps).toBe(owner === 'step');
  });

  it.each(MODEL_FAILURES)('recovers %s inside the activity: by retries or an operator', (kind) => {
    expect(RECOVERY[kind].owner).toBe('step');
    expect(['retry', 'operator']).toContain(RECOVERY[kind].action);
  });

  it.each(TOOL_FAILURES)('recovers %s inside the activity: by retries or the agent', (kind) => {
    expect(RECOVERY[kind].owner).toBe('step');
    expect(['retry', 'tell_agent']).toContain(RECOVERY[kind].action);
  });

  it.each([
    'authentication',
    'permission',
    'billing',
    'spend_cap',
    'invalid_request',
    'unknown_model',
  ] as const)('never retries %s: an operator has to put it right', (kind) => {
    expect(RECOVERY[kind].action).toBe('operator');
  });

  it('never retries a refusal blindly', () => {
    expect(RECOVERY.refused_by_model.action).toBe('person');
  });
});

describe('roundRecoveries', () => {
  it('gives the workflow the rows of rounds and runs, and no row of steps', () => {
    const rows = roundRecoveries();
    expect(Object.keys(rows).sort()).toEqual([...HANDOFF_FAILURES, ...RUN_FAILURES].sort());
    for (const [kind, action] of Object.entries(rows))
      expect(action).toBe(RECOVERY[kind as FailureKind].action);
  });

  it('sends each hand-off failure into another round with its own instruction', () => {
    expect(roundRecoveries()).toMatchObject({
      missing_fields: 'repair',
      format_violation: 'reformat',
      empty_output: 'different_approach',
      truncated: 'more_room',
      check_failed: 'check_report',
      loop: 'different_approach',
      budget_exhausted: 'end_run',
      crash_loop: 'person',
    });
  });
});
