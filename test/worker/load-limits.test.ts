import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_LOAD } from '../../contracts/load';
import { loadLimits } from '../../worker/load-limits';
import { useTemporaryFolder } from '../support/document-folder';

const folder = useTemporaryFolder();

function load(limits: unknown) {
  const file = join(folder.path(), 'limits.json');
  writeFileSync(file, typeof limits === 'string' ? limits : JSON.stringify(limits));
  return loadLimits({ TUESDAY_LIMITS: file });
}

describe('the limits of an installation', () => {
  it('are the defaults where no file is named, or where it says nothing', async () => {
    expect(await loadLimits({})).toEqual(DEFAULT_LOAD);
    expect(await load({})).toEqual(DEFAULT_LOAD);
  });

  it('are read for the installation, for each user, and for users by name', async () => {
    const limits = await load({
      runsAtWork: { installation: 20, user: 10 },
      runsQueued: { user: 0 },
      users: { 'u-7': { runsAtWork: 2, phasesAtWork: 1 }, 'u-8': { runsAtWork: 15 } },
    });
    expect(limits).toEqual({
      runsAtWork: { installation: 20, user: 10, users: { 'u-7': 2, 'u-8': 15 } },
      runsQueued: { ...DEFAULT_LOAD.runsQueued, user: 0 },
      phasesAtWork: { ...DEFAULT_LOAD.phasesAtWork, users: { 'u-7': 1 } },
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', '{"runsAtWork"', /that TUESDAY_LIMITS names cannot be read: it is not JSON/],
    ['a list', [1], /wrong at its root/],
    ['a limit that does not exist', { runs: 3 }, /wrong at its root: .*"runs"/],
    ['another scope', { runsAtWork: { team: 3 } }, /wrong at runsAtWork: .*"team"/],
    [
      'zero where nothing would ever begin',
      { runsAtWork: { user: 0 } },
      /wrong at runsAtWork\/user: must be a whole number from 1 to 100000; nothing is unlimited/,
    ],
    ['a fraction', { phasesAtWork: { installation: 1.5 } }, /phasesAtWork\/installation: must be/],
    ['no number', { users: { 'u-7': { runsQueued: 'all' } } }, /users\/u-7\/runsQueued: must be/],
    ['a user that is none', { users: { 'no one': {} } }, /wrong at users\/no one/],
  ])('refuses %s, in one sentence that names the place', async (_what, limits, message) => {
    const error = await load(limits).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ kind: 'bad_input', field: 'TUESDAY_LIMITS' });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });
});
