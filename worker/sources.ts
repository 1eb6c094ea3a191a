/** What the tools of an installation may read outside: the file that `TUESDAY_SOURCES` names. */
import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Source, type Sources, SourcesFile, sourcesOf } from '../contracts/sources';
import { readSettingsFile } from './settings-file';

const VARIABLE = 'TUESDAY_SOURCES';
const EXAMPLE = '{"name": {"kind": "data_folder", "folder": "data"}}';

type Given = SourcesFile[string];

/** What is wrong with a source, at a place of it. */
class WrongSource extends Error {
  constructor(
    readonly place: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The sources by name, with absolute folders and with secrets from the variables that the file names;
 * none where the variable is not set.
 * @throws UserError `bad_input` naming the file and the place, never a secret.
 */
export async function loadSources(env: NodeJS.ProcessEnv): Promise<Sources> {
  const file = await readSettingsFile(env, VARIABLE, SourcesFile, EXAMPLE);
  if (!file) return {};
  const sources: [string, Source][] = [];
  for (const [name, given] of Object.entries(file.content))
    try {
      sources.push([name, await resolved(given, dirname(file.path), env)]);
    } catch (error) {
      if (!(error instanceof WrongSource)) throw error;
      throw file.wrong(`${name}/${error.place}`, error.message);
    }
  return Object.fromEntries(sources);
}

async function resolved(given: Given, beside: string, env: NodeJS.ProcessEnv): Promise<Source> {
  if (given.kind === 'http') return given;
  if (given.kind === 'data_folder')
    return { ...given, folder: await folderOrAway(resolve(beside, given.folder)) };
  const { kind, categories, command, url } = given;
  if (url !== undefined) {
    const headers = valuesOf(env, Object.entries(given.headersEnv ?? {}), 'headersEnv');
    return { kind, categories, url, headers };
  }
  const passedOn = (given.envFrom ?? []).map((name): [string, string] => [name, name]);
  return {
    ...{ kind, categories, command: command ?? [] },
    env: { ...given.env, ...valuesOf(env, passedOn, 'envFrom') },
  };
}

/** One that is away, as a disk may be, is a source that is down: runs go on without it. */
async function folderOrAway(folder: string): Promise<string> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new WrongSource('folder', 'is no folder');
    await access(folder, constants.R_OK | constants.X_OK);
    return folder;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return folder;
    if (code === undefined) throw error;
    throw new WrongSource('folder', `${folder} cannot be read (${code})`);
  }
}

/** A sentence for each data folder that is not there. */
export async function missingFolders(sources: Sources): Promise<string[]> {
  const said = await Promise.all(
    Object.entries(sourcesOf(sources, 'data_folder')).map(async ([name, { folder }]) =>
      access(folder).then(
        () => [],
        () => [
          `the folder ${folder} of the source "${name}" is not there: query_data cannot read it until it is`,
        ],
      ),
    ),
  );
  return said.flat();
}

/** By name, the values of the variables that stand beside the names. */
function valuesOf(
  env: NodeJS.ProcessEnv,
  variables: [name: string, variable: string][],
  place: string,
): Record<string, string> {
  return Object.fromEntries(
    variables.map(([name, variable]) => {
      const value = env[variable];
      if (!value) throw new WrongSource(place, `the variable ${variable} is not set`);
      return [name, value];
    }),
  );
}
