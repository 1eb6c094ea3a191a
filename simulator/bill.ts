import { appendFileSync } from 'node:fs';
import { BILL_LINES_COUNT_MAX } from './limits';
import type { BilledUsage } from './usage';

/**
 * The bill: one line for each request that was accepted, delivered or not. A request refused with
 * an error status has none.
 */
export interface BillLine {
  /** As in the response's `request-id` header. */
  requestId: string;
  /** ISO 8601, when the request was accepted. */
  at: string;
  model: string;
  /** The recorded request headers, by lower-case name. */
  headers: Record<string, string>;
  /** SHA-256 of the body as canonical JSON (RFC 8785). */
  requestDigest: string;
  usage: BilledUsage;
  /** Whether all of the answer was handed to the connection. */
  delivered: boolean;
  /** ISO 8601, when all was handed over or delivery was given up; absent until then. */
  endedAt?: string;
  /** The kind of the injected fault that struck, if any. */
  fault?: string;
}

export interface Bill {
  lines(): BillLine[];
  /** Adds a line at acceptance; it counts from then on. */
  open(line: BillLine): void;
  /** Says how delivery ended, and appends the line to the file, if there is one. */
  settle(line: BillLine, delivered: boolean): void;
}

export function createBill(file?: string): Bill {
  const lines: BillLine[] = [];
  // A file that cannot be written shall be known at the start, not at the first line.
  if (file !== undefined) appendFileSync(file, '');
  return {
    lines: () => lines.map((line) => structuredClone(line)),
    open(line) {
      lines.push(line);
      if (lines.length > BILL_LINES_COUNT_MAX) lines.shift();
    },
    settle(line, delivered) {
      line.delivered = delivered;
      if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
    },
  };
}
