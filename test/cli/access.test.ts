import { useTemporaryFolder } from '../support/document-folder';
import { freshPlace, interrupt, type Place } from './installation-process';

// Each test starts several processes, on machines that may be busy.
jest.setTimeout(180_000);

const folder = useTemporaryFolder();
let place: Place;
beforeEach(async () => {
  place = await freshPlace();
});
afterEach(() => place.remove());

const REQUIRED = { TUESDAY_ACCESS: 'required' };

describe('an installation where people sign in', () => {
  it('makes its first token on its own machine, and asks all others for one', async () => {
    const up = await place.up(REQUIRED, ['--host', '0.0.0.0']);
    const refused = await place.tuesday(['list']);
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/Nobody is signed in: .*token create/),
    ]);

    const made = await place.tuesday([
      ...['token', 'create', '--user', 'ann', '--role', 'viewer', 'starter'],
      ...['--name', 'mine', '--days', '3'],
    ]);
    expect([made.exitCode, made.stderr]).toEqual([
      0,
      expect.stringMatching(/of ann: viewer, starter/),
    ]);
    const token = made.stdout.trim();
    expect(token).toMatch(/^tdy_[\w-]{43}$/);
    const ann = { TUESDAY_TOKEN: token };
    expect(await place.tuesday(['list'], ann)).toMatchObject({ exitCode: 0 });
    expect(await place.tuesday(['list', '--token', token])).toMatchObject({ exitCode: 0 });
    const forbidden = await place.tuesday(['token', 'list'], ann);
    expect([forbidden.exitCode, forbidden.stderr]).toEqual([
      2,
      expect.stringContaining('This needs the role admin: you have viewer, starter.'),
    ]);

    const [{ id }] = JSON.parse((await place.tuesday(['token', 'list', '--json'])).stdout);
    expect((await place.tuesday(['token', 'revoke', id])).stdout).toMatch(/\("mine"\) is refused/);
    const revoked = await place.tuesday(['list'], ann);
    expect([revoked.exitCode, revoked.stderr]).toEqual([
      2,
      expect.stringMatching(/The token "mine" was revoked/),
    ]);
    // Who has another data folder has no secret, and no way in.
    const elsewhere = {
      TUESDAY_DATA_DIR: `${place.dataDir}/elsewhere`,
      TUESDAY_API_URL: up.apiUrl,
    };
    const stranger = await place.tuesday(['token', 'list'], elsewhere);
    expect([stranger.exitCode, stranger.stderr]).toEqual([
      2,
      expect.stringContaining('Nobody is signed in'),
    ]);
    expect(await interrupt(up)).toMatchObject({ exitCode: 0 });
  });

  it('does one run for whoever brings it up for that', async () => {
    folder.write({ 'a.md': 'The cache keeps results for ten minutes.\n' });
    const ran = await place.tuesday(
      ['run', 'report', '--question', 'Why?', '--docs', folder.path()],
      REQUIRED,
    );
    expect(ran.stderr).toMatch(/has been started/);
    expect(ran.exitCode).toBe(0);
  });
});

describe('an installation where nobody signs in', () => {
  it('says so, and listens on this machine alone', async () => {
    const refused = await place.tuesday(['up', '--port', '0', '--host', '0.0.0.0']);
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringMatching(
        /Nobody signs in here \(TUESDAY_ACCESS=local\).*TUESDAY_ACCESS=required/,
      ),
    ]);
    const wrong = await place.tuesday(['up'], { TUESDAY_ACCESS: 'yes' });
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(/TUESDAY_ACCESS is "yes"/),
    ]);
    const up = place.start(['up', '--port', '0']);
    await up.result(/access +development: nobody signs in/);
    expect(await interrupt(up)).toMatchObject({ exitCode: 0 });
  });
});
