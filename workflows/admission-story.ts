/** Waiting for one's turn: told by a signal, or by asking where that got lost. */
import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { QUEUE } from '../contracts/limits';
import { ADMITTED_SIGNAL } from '../contracts/messages';
import { short } from './activity-proxies';
import type { RunRecord } from './run-record';

const admitted = defineSignal(ADMITTED_SIGNAL);

/** `long`: it still waits, and its history has become long over it. */
export async function waitForAdmission(record: RunRecord): Promise<'admitted' | 'long'> {
  let told = false;
  setHandler(admitted, () => {
    told = true;
  });
  for (let waitMs: number = QUEUE.askFirstMs; ; waitMs = Math.min(waitMs * 2, QUEUE.askMaxMs)) {
    const asked = await short.admitRun(record.outbox());
    record.acknowledge(asked);
    if (asked.outcome === 'admitted') {
      record.record({ type: 'run_admitted' });
      return 'admitted';
    }
    await condition(() => told, waitMs);
    told = false;
    if (record.isLong) return 'long';
  }
}
