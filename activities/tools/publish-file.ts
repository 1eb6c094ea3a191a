/**
 * Publishes a file below the configured publish root, in a folder of the run's own. Writing is
 * atomic and the same key always writes the same bytes to the same path, so a second execution
 * changes nothing: `idempotent`.
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { z } from 'zod';
import { sha256Of } from '../../contracts/content';
import { type Tool, type ToolContext, ToolError } from './tool';

const PUBLISHED_BYTES_MAX = 10_000_000;

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

/** `root` may be relative to nothing: it is resolved once, when the worker starts. */
export function publishFileTool(root: string): Tool<z.infer<typeof Input>> {
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
      const folder = resolve(root, runFolder(context));
      const target = resolve(folder, path);
      if (!target.startsWith(folder + sep))
        throw new ToolError('invalid_input', `"${path}" leads out of the folder of the run`);
      const sha256 = sha256Of(bytes);
      await writeAtomically(target, bytes, sha256);
      await context.content.put(bytes, mediaTypeOf(path));
      return { path: join(runFolder(context), path), sha256, bytes: bytes.length };
    },
  };
}

/** Business key and first run id as they stand in the step key, so that two runs never meet. */
const runFolder = ({ stepKey }: ToolContext): string => stepKey.split('/').slice(1, 3).join('-');

async function writeAtomically(target: string, bytes: Buffer, sha256: string): Promise<void> {
  const draft = `${target}.${sha256.slice(0, 12)}.draft`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(draft, bytes);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw new ToolError(
      'unavailable',
      `cannot write to the publish folder (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

const MEDIA_TYPES: Record<string, string> = {
  md: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
};
const mediaTypeOf = (path: string): string =>
  MEDIA_TYPES[path.split('.').at(-1) ?? ''] ?? 'text/plain; charset=utf-8';
