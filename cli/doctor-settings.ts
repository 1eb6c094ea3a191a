/** The settings files that variables of the environment name, each looked at as `tuesday up` reads it. */

import { loadAccess } from '../worker/access-settings';
import { loadPrices } from '../worker/configuration';
import { loadLimits } from '../worker/load-limits';
import { faultsOf } from '../worker/model-provider';
import { loadChannels } from '../worker/notification-channels';
import { loadPublishTargets } from '../worker/publish-targets';
import { loadSources, missingFolders } from '../worker/sources';
import type { Finding } from './doctor';

type Look = (env: NodeJS.ProcessEnv) => Promise<Pick<Finding, 'mend'> | undefined>;

const FILES: Readonly<Record<string, Look>> = {
  TUESDAY_PRICES: read(loadPrices),
  TUESDAY_LIMITS: read(loadLimits),
  TUESDAY_PUBLISH_TARGETS: read(loadPublishTargets),
  TUESDAY_SOURCES: async (env) => {
    const missing = await missingFolders(await loadSources(env));
    return missing.length > 0 ? { mend: missing.join('; ') } : undefined;
  },
  TUESDAY_NOTIFICATIONS: read(loadChannels),
  TUESDAY_OIDC: read(loadAccess),
  TUESDAY_SIMULATOR_FAULTS: read(async (env) => faultsOf(env)),
};

function read(load: (env: NodeJS.ProcessEnv) => Promise<unknown>): Look {
  return async (env) => {
    await load(env);
    return undefined;
  };
}

/** One for each file that is set. Each throws a UserError where its file is wrong. */
export function settingsExaminations(
  env: NodeJS.ProcessEnv,
): (readonly [what: string, examine: () => Promise<Omit<Finding, 'what'>>])[] {
  return Object.entries(FILES)
    .filter(([variable]) => env[variable])
    .map(([variable, look]) => [
      variable,
      async () => {
        const note = await look(env);
        return { status: note ? 'note' : 'ok', found: env[variable] ?? '', ...note };
      },
    ]);
}
