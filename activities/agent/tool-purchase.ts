/**
 * What a tool buys within its step. Each request is a call in the ledger: booked at its worst case
 * before it is made, settled at what it cost, and kept as unsettled where nobody knows.
 */
import { ModelError } from '../model/port';
import type { Bought, Buy } from '../tools/tool';

export type Purchase = Omit<Bought<unknown>, 'value'>;

/** A call in the ledger that has not ended, and what is known of its request. */
export interface PaidCall {
  callId: string;
  /** In ms since the epoch. */
  began: number;
  /** Whether money is set aside for it. */
  isBooked: boolean;
  /** Absent: none was made, or one that costs nothing. `sent`: it may be billed. */
  request?: 'sent' | Purchase;
  /** Of a request that failed. */
  requestId?: string;
}

export interface PurchaseDeps {
  /** Puts on record what a call has cost that is not the last of its step. */
  settle(call: PaidCall): Promise<void>;
  /** Books another call. @throws ToolError where there is no room for it */
  bookNext(): Promise<PaidCall>;
}

/** @param call is told what becomes of its request; of a later request it is the call */
export function buyWith(call: PaidCall, { settle, bookNext }: PurchaseDeps): Buy {
  return async (request) => {
    if (call.request !== undefined) {
      await settle(call);
      delete call.request;
      Object.assign(call, await bookNext());
    }
    call.request = 'sent';
    try {
      const { value, ...purchase } = await request();
      call.request = purchase;
      return value;
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      if (error.disposition === 'released') delete call.request;
      if (error.details.requestId) call.requestId = error.details.requestId;
      throw error;
    }
  };
}

/** What the ledger is to keep of a call that failed. */
export function dispositionOf({ request }: PaidCall): 'released' | 'unsettled' | 'settled' {
  if (request === undefined) return 'released';
  return request === 'sent' ? 'unsettled' : 'settled';
}

/** What a call has cost that is to be settled with the outcome of its step. */
export const purchaseOf = ({
  request,
}: Pick<PaidCall, 'request'>): Partial<Purchase> & { costMicroUsd: number } =>
  typeof request === 'object' ? request : { costMicroUsd: 0 };
