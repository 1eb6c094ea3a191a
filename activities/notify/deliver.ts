/**
 * `deliver`: tells one channel. What has been delivered is on record before the activity ends, so a
 * later attempt sends nothing; one that is lost in between sends the same id again.
 */
import { createHash } from 'node:crypto';
import { Context, metricMeter } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { FAILURE_TYPE } from '../../contracts/failures';
import { DELIVERY } from '../../contracts/limits';
import {
  type Delivery,
  type DeliveryActivities,
  type DeliveryEnd,
  type DeliveryLedger,
  notificationKey,
} from '../../contracts/notifications';
import { backoffMs } from '../agent/attempt';
import { hold } from '../ledger-wait';
import { type Channel, type Channels, NotDelivered } from './channel';
import { composeNotice, type NoticeDeps } from './notice';

/** Labels: `channel`, `event`, `outcome` (`delivered`, `over`, `failed_try`, `given_up`). */
export const DELIVERIES_METRIC = 'tuesday_deliveries';

export interface DeliverDeps extends NoticeDeps {
  deliveries: DeliveryLedger;
  channels: Channels;
  log: {
    warn(details: object, message: string): void;
    error(details: object, message: string): void;
  };
}

type Ended = { outcome: DeliveryEnd };

export function createDeliver(deps: DeliverDeps): DeliveryActivities['deliver'] {
  const { deliveries, log } = deps;

  return async (delivery: Delivery): Promise<Ended> => {
    const { end } = await deliveries.beginDelivery(delivery);
    if (end) return { outcome: end };
    try {
      return await deliverBy(channelOf(delivery.channel), delivery);
    } catch (error) {
      throw error instanceof NotDelivered ? await toRetry(delivery, error) : error;
    }
  };

  async function deliverBy(channel: Channel, delivery: Delivery): Promise<Ended> {
    const notice = await composeNotice(deps, delivery, channel);
    if (!notice) return ended(delivery, 'over');
    const late = AbortSignal.timeout(DELIVERY.tryMs);
    const signal = AbortSignal.any([late, Context.current().cancellationSignal]);
    const problem = await channel.send(notice, messageId(delivery), signal);
    if (problem)
      log.warn({ ...namesOf(delivery), problem }, 'a notification was delivered in part');
    return ended(delivery, 'delivered', problem);
  }

  async function ended(delivery: Delivery, end: DeliveryEnd, problem?: string): Promise<Ended> {
    await hold(() => deliveries.endDelivery(delivery, end, problem));
    count(delivery, end);
    return { outcome: end };
  }

  function channelOf(name: string): Channel {
    const channel = Object.hasOwn(deps.channels, name) ? deps.channels[name] : undefined;
    if (!channel) throw new NotDelivered('the settings of this worker have no such channel');
    return channel;
  }

  async function toRetry(delivery: Delivery, { message, given }: NotDelivered): Promise<Error> {
    const { tries } = await deliveries.noteFailedTry(delivery, message);
    log.warn({ ...namesOf(delivery), problem: message, tries }, 'a notification failed');
    count(delivery, 'failed_try');
    return ApplicationFailure.create({
      type: FAILURE_TYPE.notDelivered,
      message: 'a channel did not take a notification',
      nonRetryable: given.forGood ?? false,
      nextRetryDelay: backoffMs(tries, given.retryAfterMs, DELIVERY.backoff),
    });
  }
}

/** A channel that stays away fails no run: it is noted, counted and said. */
export function createGiveUpDelivery({
  deliveries,
  log,
}: Pick<DeliverDeps, 'deliveries' | 'log'>): (delivery: Delivery) => Promise<Ended> {
  return async (delivery) => {
    const { end, tries, problem } = await deliveries.endDelivery(delivery, 'given_up');
    if (end !== 'given_up') return { outcome: end };
    log.error({ ...namesOf(delivery), tries, problem }, 'a notification was given up');
    count(delivery, 'given_up');
    return { outcome: 'given_up' };
  };
}

function namesOf({ run, event, channel }: Delivery): object {
  return { run: run.workflowId, event, channel };
}

function count({ channel, event }: Delivery, outcome: DeliveryEnd | 'failed_try'): void {
  metricMeter.createCounter(DELIVERIES_METRIC).add(1, { channel, event, outcome });
}

/** `msg_` and 128 bits of hexadecimal: it goes into headers. */
function messageId(delivery: Delivery): string {
  const name = JSON.stringify([notificationKey(delivery), delivery.channel]);
  return `msg_${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
}
