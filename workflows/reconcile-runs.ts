/** Started by a Temporal Schedule: finds runs that ended without their own closing steps. */
import type { Reconciled } from '../contracts/activities';
import { maintenance } from './activity-proxies';

export async function reconcileRuns(): Promise<Reconciled> {
  return maintenance.reconcileRuns();
}
