/**
 * How this process was called, so that the commands in hints can be typed as they stand. Messages
 * name them in one form, `tuesday …` in backticks, wherever they come from.
 */
import { basename, relative } from 'node:path';

const NAME = 'tuesday';

/** npm finds the command of a clone or of a dependency, which is not on the PATH. */
export function commandName(env: NodeJS.ProcessEnv, script: string, cwd: string): string {
  if (env.npm_command !== undefined) return `npx ${NAME}`;
  return basename(script) === NAME ? NAME : `node ${relative(cwd, script)}`;
}

const ownName = (): string => commandName(process.env, process.argv[1] ?? NAME, process.cwd());

/** A whole command, e.g. `npx tuesday decide order-1 stop`. */
export const command = (rest: string): string => `${ownName()} ${rest}`;

/** A sentence whose commands can be typed as they stand. */
export const asTyped = (sentence: string): string =>
  sentence.replaceAll(`\`${NAME} `, () => `\`${ownName()} `);
