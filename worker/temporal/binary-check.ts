/** Whether a file is a Temporal CLI that can run the development server as Tuesday needs it. */
import { execFile } from 'node:child_process';

/**
 * The oldest command that takes all of our settings, and the server inside it: a CLI built from
 * source calls itself 0.0.0-DEV, so that its server's version has to tell.
 */
export const cliVersionMin = [1, 5] as const;
export const serverVersionMin = [1, 29] as const;

/** `temporal --version` takes 0.1 s; a cold disk has to read 200 MB first. */
const versionMsMax = 30_000;

export type BinaryCheck = { usable: true } | { usable: false; reason: string };

/** @returns why it cannot be used, as the end of a sentence that begins with its path. */
export async function checkTemporalBinary(path: string): Promise<BinaryCheck> {
  const { output, error } = await new Promise<{ output: string; error: Error | null }>(
    (resolve) => {
      execFile(path, ['--version'], { timeout: versionMsMax }, (error, stdout) =>
        resolve({ output: stdout, error }),
      );
    },
  );
  if (error !== null) {
    const code = (error as NodeJS.ErrnoException).code;
    return { usable: false, reason: `cannot be run (${code ?? error.message})` };
  }
  const match = /^temporal version (\S+) \(Server (\d+\.\d+)/.exec(output);
  if (match === null) {
    return { usable: false, reason: 'is not the Temporal CLI (temporal --version says otherwise)' };
  }
  const [, version = '', server = ''] = match;
  const enough = version.startsWith('0.0.0')
    ? atLeast(server, serverVersionMin)
    : atLeast(version, cliVersionMin);
  if (enough) return { usable: true };
  return {
    usable: false,
    reason: `is version ${version} with server ${server}; ${cliVersionMin.join('.')} or newer is needed`,
  };
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [foundMajor = 0, foundMinor = 0] = version.split('.').map(Number);
  return foundMajor > major || (foundMajor === major && foundMinor >= minor);
}
