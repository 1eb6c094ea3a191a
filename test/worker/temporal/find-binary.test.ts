import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { defaultCacheDir, findTemporalBinary } from '../../../worker/temporal/find-binary';
import {
  buildBinary,
  downloadBinary,
  type ObtainBinary,
  temporalCliVersion,
} from '../../../worker/temporal/obtain-binary';
import { runChildScript } from '../../support/child-script';
import { temporaryFolders } from '../../support/shared-folders';

const temporaryFolder = temporaryFolders();

const goodVersion = 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)';
const builtVersion = 'temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)';
const oldVersion = 'temporal version 1.1.0 (Server 1.25.0, UI 2.30.0)';

/** A stand-in for the CLI, which is asked for its version alone. */
async function standIn(folder: string, version = goodVersion, name = 'temporal'): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 });
  return path;
}

/** Options with nothing to be found: neither a variable, nor on the PATH, nor in the cache. */
async function nowhere() {
  const cacheDir = join(await temporaryFolder(), 'cache');
  const lines: string[] = [];
  const onProgress = (line: string) => lines.push(line);
  return { env: {} as NodeJS.ProcessEnv, cacheDir, onProgress, lines, ways: [] };
}

const never: ObtainBinary = () => {
  throw new Error('should not have been asked');
};

describe('finding the Temporal CLI', () => {
  it('takes the one that TUESDAY_TEMPORAL_BINARY names before all others', async () => {
    const options = await nowhere();
    const named = await standIn(await temporaryFolder(), builtVersion, 'my-temporal');
    options.env = {
      TUESDAY_TEMPORAL_BINARY: named,
      PATH: dirname(await standIn(await temporaryFolder())),
    };
    expect(await findTemporalBinary(options)).toEqual({ path: named, way: 'env' });
  });

  it.each([
    ['is missing', async () => '/nowhere/temporal', /cannot be run \(ENOENT\)/],
    [
      'is something else',
      async () => standIn(await temporaryFolder(), 'v1'),
      /is not the Temporal/,
    ],
    ['is too old', async () => standIn(await temporaryFolder(), oldVersion), /1\.5 or newer/],
  ])('refuses a TUESDAY_TEMPORAL_BINARY that %s', async (_, make, reason) => {
    const options = await nowhere();
    options.env = { TUESDAY_TEMPORAL_BINARY: await make() };
    await expect(findTemporalBinary(options)).rejects.toMatchObject({
      kind: 'bad_input',
      message: expect.stringMatching(reason),
      field: 'TUESDAY_TEMPORAL_BINARY',
    });
  });

  it('takes the first usable one on the PATH, and says why it passes over another', async () => {
    const options = await nowhere();
    const old = await standIn(await temporaryFolder(), oldVersion);
    const good = await standIn(await temporaryFolder());
    const empty = await temporaryFolder();
    options.env = { PATH: [empty, dirname(old), dirname(good)].join(delimiter) };
    expect(await findTemporalBinary(options)).toEqual({ path: good, way: 'path' });
    expect(options.lines).toEqual([expect.stringMatching(`${old} is version 1.1.0 .*further`)]);
  });

  it('gets a missing one once, and finds it in the cache from then on', async () => {
    const options = await nowhere();
    const obtain: ObtainBinary = (folder) => standIn(folder);
    const got = await findTemporalBinary({ ...options, ways: [{ way: 'download', obtain }] });
    expect(got.way).toBe('download');
    expect(got.path.startsWith(options.cacheDir)).toBe(true);
    const again = { ...options, ways: [{ way: 'download' as const, obtain: never }] };
    expect(await findTemporalBinary(again)).toEqual({ path: got.path, way: 'cache' });
    const leftovers = (await readdir(options.cacheDir)).filter((name) => /draft|probe/.test(name));
    expect(leftovers).toEqual([]);
  });

  it('clears away what a killed attempt has left', async () => {
    const options = await nowhere();
    const draft = join(options.cacheDir, 'temporal-cli-draft-killed');
    await standIn(draft);
    const obtain: ObtainBinary = (folder) => standIn(folder);
    await findTemporalBinary({ ...options, ways: [{ way: 'go', obtain }] });
    expect(await readdir(options.cacheDir)).not.toContain('temporal-cli-draft-killed');
  });

  it('goes on to the next way when one fails or gives something unusable', async () => {
    const options = await nowhere();
    const found = await findTemporalBinary({
      ...options,
      ways: [
        {
          way: 'download',
          obtain: async () => {
            throw new Error('dns error');
          },
        },
        { way: 'download', obtain: (folder) => standIn(folder, oldVersion) },
        { way: 'go', obtain: (folder) => standIn(folder) },
      ],
    });
    expect(found.way).toBe('go');
    expect(options.lines).toEqual([
      'the download failed: dns error',
      expect.stringContaining('the download failed: what it gave is version 1.1.0'),
    ]);
  });

  it('is got once by processes that miss it at the same time', async () => {
    const cacheDir = join(await temporaryFolder(), 'cache');
    const count = join(await temporaryFolder(), 'count');
    const script = `
      const { findTemporalBinary } = load('worker/temporal/find-binary');
      const { appendFileSync, writeFileSync } = require('node:fs');
      const obtain = async (folder) => {
        appendFileSync(input.count, 'x');
        writeFileSync(folder + '/t', "#!/bin/sh\\necho '" + input.version + "'", { mode: 0o755 });
        return folder + '/t';
      };
      const ways = [{ way: 'go', obtain }];
      tell(await findTemporalBinary({ env: {}, onProgress: () => {}, cacheDir: input.cacheDir, ways }));`;
    const scripts = [1, 2, 3].map(() =>
      runChildScript({ cacheDir, count, version: goodVersion }, script),
    );
    const found = await Promise.all(scripts.map((each) => each.next<{ way: string }>()));
    expect(found.map(({ way }) => way).sort()).toEqual(['cache', 'cache', 'go']);
    await Promise.all(scripts.map((each) => each.ended()));
  });

  it('lists the ways and why each failed when none works', async () => {
    const options = await nowhere();
    options.env = { PATH: dirname(await standIn(await temporaryFolder(), oldVersion)) };
    const fail = (reason: string): ObtainBinary => {
      return async () => {
        throw new Error(reason);
      };
    };
    const ways = [
      { way: 'download' as const, obtain: fail('no network') },
      { way: 'go' as const, obtain: fail('no compiler') },
    ];
    await expect(findTemporalBinary({ ...options, ways })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(
        /1\.1\.0.*no network.*no compiler.*PATH.*TUESDAY_TEMPORAL_BINARY.*Go.*TEMPORAL_ADDRESS/,
      ),
    });
  });

  it('names a cache folder that cannot be written to', async () => {
    const options = await nowhere();
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const cacheDir = join(file, 'cache');
    await expect(findTemporalBinary({ ...options, cacheDir })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(`cache folder ${cacheDir} .*XDG_CACHE_HOME`),
    });
  });

  it('keeps the cache where the user keeps caches', () => {
    expect(defaultCacheDir({ XDG_CACHE_HOME: '/x' })).toBe('/x/tuesday');
    expect(defaultCacheDir({ HOME: '/h', XDG_CACHE_HOME: '' })).toBe('/h/.cache/tuesday');
  });
});

describe('getting the Temporal CLI', () => {
  it('fails at once with the reason when the download cannot be reached', async () => {
    const folder = await temporaryFolder();
    const proxy = 'http://127.0.0.1:1';
    const env = { ...process.env, HTTPS_PROXY: proxy, https_proxy: proxy, ALL_PROXY: proxy };
    await expect(downloadBinary(folder, env, () => undefined)).rejects.toThrow(/error/);
    expect(await readdir(folder)).toEqual([]);
  });

  /** Notes how it was called, in the way of `go install -v`. */
  async function fakeGo(body: string): Promise<NodeJS.ProcessEnv> {
    const folder = await temporaryFolder();
    const go = join(folder, 'go');
    await writeFile(go, `#!/bin/sh\n${body}\n`);
    await chmod(go, 0o755);
    return { PATH: `${folder}${delimiter}${process.env.PATH}`, GOFLAGS: '-mod=vendor' };
  }

  it('installs the pinned release with Go into the folder, whatever flags the user has', async () => {
    const binary = await standIn(await temporaryFolder());
    const env = await fakeGo(
      `echo "$@ [$GOFLAGS]" > "$GOBIN.called"; echo 'go: downloading x' >&2; cp ${binary} "$GOBIN/temporal"`,
    );
    const folder = join(await temporaryFolder(), 'bin');
    await mkdir(folder);
    const lines: string[] = [];
    const path = await buildBinary(folder, env, (line) => lines.push(line));
    expect(path).toBe(join(folder, 'temporal'));
    expect(lines[0]).toContain(`building the Temporal CLI ${temporalCliVersion}`);
    expect((await readFile(`${folder}.called`, 'utf8')).trim()).toBe(
      `install -v -ldflags -s -w github.com/temporalio/cli/cmd/temporal@v${temporalCliVersion} []`,
    );
  });

  it("fails with Go's last line, and says when Go is not installed", async () => {
    const folder = await temporaryFolder();
    const failing = await fakeGo('echo first >&2; echo "go: no space left on device" >&2; exit 1');
    await expect(buildBinary(folder, failing, () => undefined)).rejects.toThrow(
      'go: no space left on device',
    );
    const options = await nowhere();
    options.env = { PATH: folder };
    const ways = [{ way: 'go' as const, obtain: buildBinary }];
    await expect(findTemporalBinary({ ...options, ways })).rejects.toThrow(/it is not installed/);
  });
});
