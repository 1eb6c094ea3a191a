/** The client library, loaded where it is used: with all that it knows of teams it takes longer to load than most commands to run. */
import type { Tuesday } from '../client/types';

export function clientOf(apiUrl: string, token?: string | (() => string)): Tuesday {
  const { createTuesday } = require('../client/tuesday') as typeof import('../client/tuesday');
  return createTuesday({ apiUrl, ...(token === undefined ? {} : { token }) });
}
