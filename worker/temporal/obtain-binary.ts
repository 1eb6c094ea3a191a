/** The two ways to get a Temporal CLI that is not there yet: the SDK's download, and Go. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The release that is built from source; its server is 1.29.1. */
export const temporalCliVersion = '1.5.1';

const goPackage = `github.com/temporalio/cli/cmd/temporal@v${temporalCliVersion}`;

/** Offline it fails at once; behind a firewall that swallows packets nothing arrives at all. */
const downloadFirstByteMsMax = 20_000;

/** 60 MB over a slow line. */
const downloadMsMax = 15 * 60_000;

/** 3.5 minutes on 2 cores with an empty build cache; a slow machine may need many times that. */
const buildMsMax = 60 * 60_000;

const progressMs = 5_000;

/** How much of a failed program's output is kept to explain it. */
const outputCharsMax = 8_000;

/** Puts the binary into the (empty) folder and returns its path; throws with a reason. */
export type ObtainBinary = (
  folder: string,
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
) => Promise<string>;

/**
 * The SDK's own download. It is a part of its test environment and starts the server that it has
 * fetched, with output to the console and settings for the whole process: hence a process of its
 * own, which ends that server at once.
 */
const downloadScript = `
const [, testing, downloadDir] = process.argv;
require(testing).TestWorkflowEnvironment.createLocal({
  server: { executable: { type: 'cached-download', downloadDir } },
}).then((environment) => environment.teardown()).catch((error) => {
  console.error(String(error.message).split(': ').slice(-2).join(': '));
  process.exitCode = 1;
});`;

export const downloadBinary: ObtainBinary = async (folder, env, onProgress) => {
  onProgress('downloading the Temporal CLI');
  const child = start(
    process.execPath,
    ['-e', downloadScript, require.resolve('@temporalio/testing'), folder],
    env,
  );
  await finish(child, downloadMsMax, async (elapsedMs) => {
    const bytes = await bytesIn(folder);
    if (bytes === 0 && elapsedMs > downloadFirstByteMsMax) {
      throw new Error(`nothing arrived within ${downloadFirstByteMsMax / 1000} s`);
    }
    onProgress(`downloading the Temporal CLI: ${megabytes(bytes)}, ${seconds(elapsedMs)}`);
  });
  const name = (await readdir(folder)).find((file) => !file.endsWith('.downloading'));
  if (name === undefined) throw new Error('the download left no file');
  return join(folder, name);
};

export const buildBinary: ObtainBinary = async (folder, env, onProgress) => {
  onProgress(
    `building the Temporal CLI ${temporalCliVersion} with Go (a few minutes the first time)`,
  );
  const child = start('go', ['install', '-v', '-ldflags', '-s -w', goPackage], {
    ...env,
    GOBIN: folder,
    // Flags for the user's own modules (-mod=vendor and the like) make this one fail.
    GOFLAGS: '',
  });
  let modules = 0;
  let packages = 0;
  child.stderr?.on('data', (chunk: string) => {
    for (const line of chunk.split('\n')) {
      if (line.startsWith('go: downloading ')) modules += 1;
      else if (line.trim() !== '') packages += 1;
    }
  });
  await finish(child, buildMsMax, (elapsedMs) =>
    onProgress(
      `building the Temporal CLI: ${modules} modules fetched, ${packages} packages compiled, ${seconds(elapsedMs)}`,
    ),
  );
  return join(folder, process.platform === 'win32' ? 'temporal.exe' : 'temporal');
};

/** In a process group of its own, so that ending it ends what it has started, too. */
function start(command: string, args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout?.setEncoding('utf8');
  child.stderr?.setEncoding('utf8');
  return child;
}

/** Waits for the end with reports in between; a failed report or a time-out ends the process. */
async function finish(
  child: ChildProcess,
  msMax: number,
  report: (elapsedMs: number) => void | Promise<void>,
): Promise<void> {
  const began = Date.now();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: string) => {
      output = (output + chunk).slice(-outputCharsMax);
    });
  }
  let stopped: Error | undefined;
  const timer = setInterval(async () => {
    try {
      const elapsedMs = Date.now() - began;
      if (elapsedMs > msMax) throw new Error(`it took more than ${seconds(msMax)}`);
      await report(elapsedMs);
    } catch (error) {
      stopped = error as Error;
      endGroup(child);
    }
  }, progressMs);
  // A Ctrl-C reaches this process alone: the child must not go on building for nobody.
  const onExit = () => endGroup(child);
  process.once('exit', onExit);
  try {
    const [code, signal] = await once(child, 'close');
    if (stopped !== undefined) throw stopped;
    if (code !== 0) {
      const last = output.trim().split('\n').at(-1) ?? '';
      throw new Error(last === '' ? `it ended with ${code ?? signal}` : last);
    }
  } finally {
    clearInterval(timer);
    process.off('exit', onExit);
    endGroup(child);
  }
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function bytesIn(folder: string): Promise<number> {
  const sizes = await Promise.all(
    (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
