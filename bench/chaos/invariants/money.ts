import { costOf, PRICES } from '../../../domain/prices';
import type { BillLine } from '../../../simulator';
import type { CallRow } from '../records';
import type { Evidence, Invariant } from './evidence';

/** Every settled call has its line on the bill, by request id, and cost exactly that. */
export const settledIsBilled: Invariant = ({ records, bill }) => {
  const lines = new Map(bill.map((line) => [line.requestId, line]));
  const settled = paidCalls(records).filter(({ status }) => status === 'settled');
  const seen = new Set<string>();
  const violations = settled.flatMap(({ callId, requestId, costMicroUsd, stepKey }) => {
    const line = lines.get(requestId ?? '');
    if (line === undefined)
      return [`call ${callId} of ${stepKey}: ${requestId} is not on the bill`];
    if (seen.has(line.requestId))
      return [`call ${callId} of ${stepKey}: ${requestId} is settled twice`];
    seen.add(line.requestId);
    return priceOf(line) === costMicroUsd
      ? []
      : [`call ${callId} of ${stepKey}: settled at ${costMicroUsd}, billed ${priceOf(line)}`];
  });
  return {
    invariant: 'settled calls equal the bill line by line',
    figures: `${settled.length} settled calls, ${sum(settled.map(({ costMicroUsd }) => costMicroUsd))} micro-dollars`,
    violations,
  };
};

/**
 * Every other line of the bill has an unsettled call that is booked at no less. A call that never
 * learned its request id is matched by its step: the dearest line with the dearest call.
 */
export const unsettledIsBooked: Invariant = ({ records, bill }) => {
  const calls = paidCalls(records);
  const settled = new Set(
    calls.filter(({ status }) => status === 'settled').map(({ requestId }) => requestId),
  );
  const unsettled = calls.filter(({ status }) => status === 'unsettled');
  const rest = bill.filter(({ requestId }) => !settled.has(requestId));
  const violations: string[] = [];
  const free = new Set(unsettled);
  const check = (line: BillLine, call: CallRow | undefined): void => {
    if (call !== undefined) free.delete(call);
    if (call === undefined)
      violations.push(
        `${stepKeyOf(line)}: ${line.requestId} (${line.at}) is billed ${priceOf(line)} and booked nowhere`,
      );
    else if (call.reservedMicroUsd < priceOf(line))
      violations.push(
        `call ${call.callId} of ${call.stepKey}: booked at ${call.reservedMicroUsd}, billed ${priceOf(line)}`,
      );
  };
  const known = (line: BillLine) => unsettled.find(({ requestId }) => requestId === line.requestId);
  for (const line of rest) if (known(line)) check(line, known(line));
  const unknown = rest.filter((line) => known(line) === undefined);
  for (const line of unknown.sort((a, b) => priceOf(b) - priceOf(a))) {
    const [dearest] = [...free]
      .filter(({ stepKey, requestId }) => stepKey === stepKeyOf(line) && requestId === null)
      .sort((a, b) => b.reservedMicroUsd - a.reservedMicroUsd);
    check(line, dearest);
  }
  return {
    invariant: 'each unsettled call is booked at no less than its line',
    figures: `${unsettled.length} unsettled calls booked at ${sum(unsettled.map(({ reservedMicroUsd }) => reservedMicroUsd))} micro-dollars, ${rest.length} of them billed ${sum(rest.map(priceOf))}`,
    violations,
  };
};

/** The accounts of the phases are the sums of their calls, and nothing is left open. */
export const accountsAddUp: Invariant = ({ records }) => {
  const open = records.calls.filter(({ status }) => status === 'open');
  const violations = open.map(
    ({ callId, stepKey }) => `call ${callId} of ${stepKey} is still open`,
  );
  for (const { runKey } of records.runs) {
    const of = records.accounts.filter((account) => account.runKey === runKey);
    const calls = records.calls.filter((call) => call.runKey === runKey);
    const booked = {
      open: sum(of.map(({ openMicroUsd }) => openMicroUsd)),
      settled: sum(of.map(({ settledMicroUsd }) => settledMicroUsd)),
      unsettled: sum(of.map(({ unsettledMicroUsd }) => unsettledMicroUsd)),
    };
    const made = {
      open: 0,
      settled: sum(
        calls.filter(({ status }) => status === 'settled').map(({ costMicroUsd }) => costMicroUsd),
      ),
      unsettled: sum(
        calls
          .filter(({ status }) => status === 'unsettled')
          .map(({ reservedMicroUsd }) => reservedMicroUsd),
      ),
    };
    if (JSON.stringify(booked) !== JSON.stringify(made))
      violations.push(
        `${runKey}: booked ${JSON.stringify(booked)}, its calls are ${JSON.stringify(made)}`,
      );
  }
  return {
    invariant: 'accounts are the sums of their calls',
    figures: `${records.accounts.length} accounts, ${records.calls.length} calls`,
    violations,
  };
};

/** Those of models, and those of tools that cost something. */
const paidCalls = ({ calls }: Evidence['records']): CallRow[] =>
  calls.filter(({ kind, reservedMicroUsd }) => kind === 'model' || reservedMicroUsd > 0);
const stepKeyOf = ({ headers }: BillLine): string => headers['idempotency-key'] ?? '';
const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

function priceOf({ model, usage }: BillLine): number {
  const price = PRICES[model];
  if (price === undefined) throw new RangeError(`no price for ${model}`);
  return costOf(price, {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cacheWriteTokens: usage.cacheCreationInputTokens,
    cacheReadTokens: usage.cacheReadInputTokens,
    webSearches: usage.webSearchRequests,
  });
}
