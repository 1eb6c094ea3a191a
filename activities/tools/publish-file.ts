/**
 * Publishes a file below the configured publish root, in a folder of the run's own. Writing is
 * atomic and the same key always writes the same bytes to the same path, so a second execution
 * changes nothing: `idempotent`.
 */
import { open, rename, rm } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { sha256Of } from '../../contracts/content';
import { makeFolders } from '../../contracts/make-folders';
import { type Tool, type ToolContext, ToolError } from './tool';

const PUBLISHED_BYTES_MAX = 10_000_000;
/** Of the business key in a folder's name: with a run id behind it, file systems take the whole. */
const FOLDER_KEY_CHARACTERS_MAX = 150;

const Input = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/ -]*$/, 'must be a plain relative path such as "report.md"')
    .describe('Relative path of the file, e.g. "report.md".'),
  content: z.string().describe('The whole text of the file.'),
});

export interface PublishedFile {
  path: string;
  sha256: string;
  bytes: number;
}

/** `root`: a relative one counts from where the worker was started. */
export function publishFileTool(root: string): Tool<z.infer<typeof Input>> {
  const publishRoot = resolve(root);
  return {
    name: 'publish_file',
    description: 'Publishes a text file as a result of the run.',
    input: Input,
    effect: 'idempotent',
    async run({ path, content }, context): Promise<PublishedFile> {
      const bytes = Buffer.from(content);
      if (bytes.length > PUBLISHED_BYTES_MAX)
        throw new ToolError(
          'too_large',
          `a published file has at most ${PUBLISHED_BYTES_MAX} bytes`,
        );
      const folder = resolve(publishRoot, runFolder(context));
      const target = resolve(folder, path);
      if (!target.startsWith(folder + sep))
        throw new ToolError('invalid_input', `"${path}" leads out of the folder of the run`);
      const sha256 = sha256Of(bytes);
      await makeFolders(folder).catch(cannotWrite);
      await writeAtomically(target, bytes, sha256);
      await context.content.put(bytes, mediaTypeOf(target));
      return { path: relative(publishRoot, target), sha256, bytes: bytes.length };
    },
  };
}

/** Business key and first run id as they stand in the step key, so that two runs never meet. */
function runFolder({ stepKey }: ToolContext): string {
  const [, businessKey = '', firstRunId = ''] = stepKey.split('/');
  return `${businessKey.slice(0, FOLDER_KEY_CHARACTERS_MAX)}-${firstRunId}`;
}

/** What the path itself makes impossible, e.g. a file where another one needs a folder. */
const PATH_IN_THE_WAY = new Set(['EEXIST', 'EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'ENAMETOOLONG']);

async function writeAtomically(target: string, bytes: Buffer, sha256: string): Promise<void> {
  const draft = `${target}.${sha256.slice(0, 12)}.draft`;
  try {
    await makeFolders(dirname(target));
    const file = await open(draft, 'w');
    try {
      await file.writeFile(bytes);
      // Else a power cut could leave the name without the bytes.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {
      // Where nothing could be written there is nothing to remove; the first error is the one to tell.
    });
    const { code = '' } = error as NodeJS.ErrnoException;
    if (PATH_IN_THE_WAY.has(code))
      throw new ToolError('invalid_input', `the path cannot be a file here (${code})`);
    cannotWrite(error);
  }
}

function cannotWrite(error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  throw new ToolError('unavailable', `cannot write to the publish folder (${code})`);
}

const MEDIA_TYPES: Record<string, string> = {
  md: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
};
const mediaTypeOf = (path: string): string =>
  MEDIA_TYPES[path.split('.').at(-1) ?? ''] ?? 'text/plain; charset=utf-8';
