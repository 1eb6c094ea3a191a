/** A second worker beside that of the runs, with slots of its own: it tells channels. */
import { type NativeConnection, Worker } from '@temporalio/worker';
import { DELIVERY, WORKER } from '../contracts/limits';
import { deliveriesQueue } from '../contracts/messages';
import type { DeliveryActivities } from '../contracts/notifications';

export interface DeliveryWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  /** Of the runs. */
  taskQueue: string;
  activities: DeliveryActivities;
}

export function createDeliveryWorker(options: DeliveryWorkerOptions): Promise<Worker> {
  const { connection, namespace, taskQueue, activities } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue: deliveriesQueue(taskQueue),
    activities: { deliver: activities.deliver },
    maxConcurrentActivityTaskExecutions: DELIVERY.atOnceMax,
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: WORKER.pollsMax },
    maxHeartbeatThrottleInterval: WORKER.heartbeatHeldMs,
    shutdownGraceTime: WORKER.shutdownGraceMs,
    shutdownForceTime: WORKER.shutdownGraceMs * 2,
  });
}
