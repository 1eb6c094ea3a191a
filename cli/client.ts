/** The client library, loaded where it is used: Temporal's client takes longer to load than most commands to run. */
import type { Tuesday } from '../client/types';

export function clientOf(apiUrl: string): Tuesday {
  const { createTuesday } = require('../client/tuesday') as typeof import('../client/tuesday');
  return createTuesday({ apiUrl });
}
