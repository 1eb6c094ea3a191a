import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunState, STATE_SCHEMA_VERSION } from '../../contracts/run-state';
import { apply } from '../../domain/run-state';
import { migrateState } from '../../domain/state-migrations';

/** States as workers of earlier versions stored them; each stays readable for good. */
const FOLDER = join(__dirname, 'stored-states');
const stored = (version: number): { schemaVersion: number } =>
  JSON.parse(readFileSync(join(FOLDER, `v${version}.json`), 'utf8'));
/** A confidence was a number before version 3. */
const withStated = (state: RunState): unknown => ({
  ...state,
  phases: Object.fromEntries(
    Object.entries(state.phases).map(([name, { confidence, ...phase }]) => [
      name,
      { ...phase, ...(confidence ? { confidence: confidence.stated } : {}) },
    ]),
  ),
});
const OLDER = Array.from({ length: STATE_SCHEMA_VERSION - 1 }, (_, index) => index + 1);

describe('a stored state', () => {
  it('is there of every earlier schema version', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(OLDER.map((version) => `v${version}.json`));
  });

  it.each(OLDER)('of version %d is brought up to date, and the run goes on from it', (version) => {
    const before = stored(version);
    const state = migrateState(before);
    expect(state.schemaVersion).toBe(STATE_SCHEMA_VERSION);
    const decision = {
      decisionId: 'd',
      reviewId: 'research-4',
      decision: 'approve' as const,
      actor: 'someone',
    };
    const decided = apply(state, { type: 'decision_taken', decision, version: 5, at: 1 });
    const withheld = { phase: 'research', tool: 'publish_file', inputSha256: 'a'.repeat(64) };
    const next = apply(decided, { type: 'effect_withheld', ...withheld, version: 6, at: 2 });
    expect(next).toMatchObject({ version: 6, withheld: [withheld], reviews: {} });
  });

  it('is not changed in place', () => {
    const before = stored(1);
    migrateState(before);
    expect(before).toEqual(stored(1));
  });

  it('of version 1 keeps all that it said', () => {
    const { schemaVersion: _, ...said } = stored(1) as unknown as RunState;
    expect(withStated(migrateState(stored(1)))).toMatchObject(said);
  });

  it('of version 2 keeps a confidence as stated, with nothing against it', () => {
    expect(migrateState(stored(2)).phases.research?.confidence).toEqual({
      stated: 0.7,
      corrected: 0.7,
      because: [],
    });
  });

  it('of version 3 keeps what it knows of models, recoveries, doubts and reminders', () => {
    const before = stored(3) as unknown as RunState;
    expect(migrateState(stored(3))).toEqual({ ...before, schemaVersion: STATE_SCHEMA_VERSION });
    expect(before.phases.research).toMatchObject({ model: 1, rejections: { format_violation: 1 } });
  });

  it('of the present version is taken as it is', () => {
    const state = migrateState(stored(1));
    expect(migrateState(state)).toBe(state);
  });

  it('of a newer version is refused: the code is older than the state', () => {
    const newer = { ...stored(1), schemaVersion: STATE_SCHEMA_VERSION + 1 };
    expect(() => migrateState(newer)).toThrow(/is not known to version/);
  });
});
