/** One case for each kind of failure: a kind without one does not compile. */
import type { FailureKind } from '../../../../contracts/failures';
import type { ChaosCase } from '../chaos-case';
import { ANSWER_CASES } from './answer';
import { EFFECT_CASES } from './effect';
import { HANDOFF_CASES } from './handoff';
import { LEDGER_CASES } from './ledger';
import { MODEL_CASES } from './model';
import { PERSON_CASES } from './person';
import { RUN_CASES } from './run';
import { TOOL_CASES } from './tool';

export const CASES: Record<FailureKind, ChaosCase> = {
  ...MODEL_CASES,
  ...ANSWER_CASES,
  ...HANDOFF_CASES,
  ...TOOL_CASES,
  ...EFFECT_CASES,
  ...RUN_CASES,
  ...LEDGER_CASES,
  ...PERSON_CASES,
};
