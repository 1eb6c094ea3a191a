/** Sees one notification to its channels. No run waits for it. */
import { ActivityFailure, isCancellation, workflowInfo } from '@temporalio/workflow';
import { deliveriesQueue } from '../contracts/messages';
import type { NotifyInput } from '../contracts/notifications';
import { deliveryActivities, short } from './activity-proxies';

export async function notify({ notification, channels }: NotifyInput): Promise<void> {
  const { deliver } = deliveryActivities(deliveriesQueue(workflowInfo().taskQueue));
  await Promise.all(
    channels.map(async (channel) => {
      const delivery = { ...notification, channel };
      try {
        await deliver(delivery);
      } catch (error) {
        if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
        await short.giveUpDelivery(delivery);
      }
    }),
  );
}
