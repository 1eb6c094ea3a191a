/** What a development server is to be: the caller's options with all defaults, and where things are. */
import { basename, dirname, resolve } from 'node:path';
import { UserError } from '../../contracts/errors';
import { makeFolders } from '../../contracts/make-folders';
import { dataFolderError } from '../../ledger/embedded/data-folder';
import { loopbackHost, requestedPort } from '../../ledger/embedded/process/free-port';
import { devServerArguments } from './dev-server-settings';
import type { SearchAttributeTypes } from './namespace';

export interface TemporalDevServerOptions {
  /** Path of the Temporal CLI, see `find-binary.ts`. */
  binary: string;
  /** Of the gRPC endpoint; default and 0: a free one. */
  port?: number;
  /** Of the web UI; default and 0: a free one; false: no UI. */
  uiPort?: number | false;
  /** Keeps runs over a restart; default: in memory. File name of letters, digits, `.`, `_`, `-`. */
  dbFile?: string;
  logFile: string;
  searchAttributes?: SearchAttributeTypes;
  /** Default: `default`. */
  namespace?: string;
  onProgress?: (line: string) => void;
}

export interface ServerPlan {
  binary: string;
  /** 0: a free one. */
  port: number;
  /** 0: a free one; `undefined`: no UI. */
  uiPort: number | undefined;
  dbFile: string | undefined;
  logFile: string;
  stateFile: string;
  namespace: string;
  searchAttributes: SearchAttributeTypes;
  settings: string;
  onProgress: (line: string) => void;
}

export async function planOf(options: TemporalDevServerOptions): Promise<ServerPlan> {
  const logFile = resolve(options.logFile);
  const dbFile = options.dbFile === undefined ? undefined : resolve(options.dbFile);
  // The server reads the name as a part of a URL; its folder may have any name.
  if (dbFile !== undefined && !/^[\w.-]+$/.test(basename(dbFile))) {
    throw new UserError(
      'bad_input',
      `"${basename(dbFile)}" cannot be the name of Temporal's database file: use letters, digits, ".", "_" and "-".`,
      'dbFile',
    );
  }
  for (const folder of [dirname(logFile), dirname(dbFile ?? logFile)]) {
    await makeFolders(folder).catch((error: unknown) => {
      throw dataFolderError(folder, error);
    });
  }
  const namespace = options.namespace ?? 'default';
  const searchAttributes = options.searchAttributes ?? {};
  const dbName = dbFile === undefined ? undefined : basename(dbFile);
  const port = requestedPort(options.port, temporalPortFlag) ?? 0;
  const uiPort =
    options.uiPort === false ? undefined : (requestedPort(options.uiPort, temporalUiPortFlag) ?? 0);
  const withoutPorts = { port: 0, uiPort: uiPort === undefined ? undefined : 0 };
  return {
    binary: options.binary,
    port,
    uiPort,
    dbFile,
    logFile,
    stateFile: `${dbFile ?? logFile}.server.json`,
    namespace,
    searchAttributes,
    settings: devServerArguments({
      host: loopbackHost,
      ...withoutPorts,
      dbName,
      namespace,
      searchAttributes,
    }).join(' '),
    onProgress: options.onProgress ?? (() => undefined),
  };
}

/** The command-line flags that users give ports with, named in errors. */
export const temporalPortFlag = '--temporal-port';
export const temporalUiPortFlag = '--temporal-ui-port';

/** A port was free when it was chosen and taken when the server wanted it. */
export class PortRace extends Error {
  constructor(readonly conflict: UserError) {
    super(conflict.message);
  }
}
