/** Deliveries of notifications, and the channels that are in trouble. */
import { and, eq, isNull, sql } from 'drizzle-orm';
import { runKey } from '../contracts/ids';
import { DELIVERY } from '../contracts/limits';
import {
  type Delivery,
  type DeliveryLedger,
  type DeliveryRecord,
  notificationKey,
} from '../contracts/notifications';
import type { ChannelTrouble } from '../contracts/views';
import { ask, type Database } from './database';
import { deliveries } from './schema';

const NOW = sql`clock_timestamp()`;

export function createDeliveryLedger({ db }: Database): DeliveryLedger {
  const isOf = (delivery: Delivery) =>
    and(eq(deliveries.key, notificationKey(delivery)), eq(deliveries.channel, delivery.channel));

  async function known(delivery: Delivery): Promise<DeliveryRecord> {
    const [row] = await ask(db.select().from(deliveries).where(isOf(delivery)));
    if (!row) throw new RangeError('a delivery that was begun is not in the ledger');
    const { ended, tries, problem } = row;
    return { ...(ended ? { end: ended } : {}), tries, ...(problem ? { problem } : {}) };
  }

  async function begin(delivery: Delivery): Promise<void> {
    const { run, channel, event } = delivery;
    const row = { key: notificationKey(delivery), channel, runKey: runKey(run), event };
    await ask(db.insert(deliveries).values(row).onConflictDoNothing());
  }

  return {
    async beginDelivery(delivery) {
      await begin(delivery);
      return known(delivery);
    },

    async noteFailedTry(delivery, problem) {
      const tries = sql`${deliveries.tries} + 1`;
      const change = { tries, problem, changedAt: NOW };
      await ask(
        db
          .update(deliveries)
          .set(change)
          .where(and(isOf(delivery), isNull(deliveries.ended))),
      );
      return known(delivery);
    },

    async endDelivery(delivery, end, problem) {
      // One that no worker has ever begun can be given up, too.
      await begin(delivery);
      const change = { ended: end, ...(problem ? { problem } : {}), changedAt: NOW };
      await ask(
        db
          .update(deliveries)
          .set(change)
          .where(and(isOf(delivery), isNull(deliveries.ended))),
      );
      return { end, ...(await known(delivery)) };
    },
  };
}

/** Channels of which something fails now, or was given up lately. */
export async function troubledChannels({ db }: Database): Promise<ChannelTrouble[]> {
  const { rows } = await ask(
    db.execute<{
      channel: string;
      waiting: number;
      given_up: number;
      problem: string;
      at: Date;
    }>(sql`
      SELECT channel,
        count(*) FILTER (WHERE ended IS NULL)::int AS waiting,
        count(*) FILTER (WHERE ended IS NOT NULL)::int AS given_up,
        coalesce((array_agg(problem ORDER BY changed_at DESC))[1], 'no worker has tried it') AS problem,
        max(changed_at) AS at
      FROM deliveries
      WHERE (ended = 'given_up' OR (ended IS NULL AND problem IS NOT NULL))
        AND changed_at > clock_timestamp() - ${DELIVERY.troubleShownMs} * interval '1 millisecond'
      GROUP BY channel ORDER BY channel`),
  );
  return rows.map(({ channel, waiting, given_up: givenUp, problem, at }) => ({
    ...{ channel, waiting, givenUp, problem },
    at: new Date(at).toISOString(),
  }));
}
