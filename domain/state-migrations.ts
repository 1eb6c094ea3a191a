/**
 * States of older schema versions, brought up to date one version at a time. A state crosses
 * continue-as-new and lies in the ledger, so every version that ever ran must be readable.
 */
import { type RunState, STATE_SCHEMA_VERSION } from '../contracts/run-state';

type StoredState = { schemaVersion: number } & Record<string, unknown>;

/** What makes of a state of version n one of version n + 1. */
const MIGRATIONS: Record<number, (state: StoredState) => StoredState> = {
  // Version 2 tells which effects were withheld.
  1: (state) => ({ ...state, schemaVersion: 2, withheld: [] }),
  // Version 3 tells which model a phase works with, the recoveries that were taken, and how much of a
  // stated confidence is left.
  2: (state) => ({
    ...state,
    schemaVersion: 3,
    phases: mapPhases(state, ({ confidence, ...phase }) => ({
      ...phase,
      model: 0,
      rejections: {},
      recoveries: [],
      ...(typeof confidence === 'number'
        ? { confidence: { stated: confidence, corrected: confidence, because: [] } }
        : {}),
    })),
  }),
  // Version 4 knows of switches, of answers and outputs of people: what a state has none of.
  3: (state) => ({ ...state, schemaVersion: 4 }),
};

type StoredPhase = Record<string, unknown>;

function mapPhases(
  { phases }: StoredState,
  change: (phase: StoredPhase) => StoredPhase,
): Record<string, StoredPhase> {
  const entries = Object.entries(phases as Record<string, StoredPhase>);
  return Object.fromEntries(entries.map(([name, phase]) => [name, change(phase)]));
}

/** @throws RangeError on a version that this code does not know: it is newer than the code. */
export function migrateState(stored: { schemaVersion: number }): RunState {
  let state = stored as StoredState;
  while (state.schemaVersion !== STATE_SCHEMA_VERSION) {
    const migrate = MIGRATIONS[state.schemaVersion];
    if (!migrate)
      throw new RangeError(
        `a state of schema version ${state.schemaVersion} is not known to version ${STATE_SCHEMA_VERSION}`,
      );
    state = migrate(state);
  }
  return state as unknown as RunState;
}
