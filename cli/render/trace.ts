/** Invocations: a list of them, or one in full. */
import type { TraceStep } from '../../contracts/views';
import { dollars } from '../../domain/explanation';
import { printable } from './printable';
import { cut, renderTable } from './table';
import { duration } from './units';
import { indent, renderValue } from './value';

/** A long text in one step, unless all of it was asked for. */
const TEXT_CHARACTERS_MAX = 2_000;

/** A step with what is stored of it. */
export interface StepDetail extends TraceStep {
  /** Its place in the trace, from 1. */
  number: number;
  /** The input context, put together. */
  request: unknown;
  /** The recorded outcome: of a model, `ModelAnswer`; of a tool, its result or error. */
  outcome?: unknown;
}

export function renderTrace(steps: readonly TraceStep[]): string {
  if (steps.length === 0) return 'No model or tool has been called yet.';
  return renderTable(
    [...steps.entries()],
    [
      { title: 'step', cell: ([index]) => String(index + 1), align: 'right' },
      { title: 'phase', cell: ([, { phase, round, turn }]) => `${phase} ${round}.${turn}` },
      ...stepColumns<[number, TraceStep]>(([, step]) => step),
    ],
  );
}

export function renderInvocations(steps: readonly (TraceStep & { run: string })[]): string {
  if (steps.length === 0) return 'There is no such invocation.';
  return renderTable(steps, [
    { title: 'started', cell: ({ startedAt }) => startedAt },
    { title: 'run', cell: ({ run }) => run },
    { title: 'phase', cell: ({ phase, round, turn }) => `${phase} ${round}.${turn}` },
    ...stepColumns<TraceStep & { run: string }>((step) => step),
  ]);
}

function stepColumns<Row>(stepOf: (row: Row) => TraceStep) {
  const tokens = ({ tokens: used }: TraceStep) =>
    used ? `${used.input + used.cacheRead + used.cacheWrite} / ${used.output}` : '';
  return [
    { title: 'kind', cell: (row: Row) => stepOf(row).kind },
    { title: 'name', cell: (row: Row) => stepOf(row).name },
    { title: 'ending', cell: (row: Row) => endingOf(stepOf(row)) },
    { title: 'calls', cell: (row: Row) => String(stepOf(row).calls.length), align: 'right' },
    { title: 'tokens in / out', cell: (row: Row) => tokens(stepOf(row)), align: 'right' },
    { title: 'cost', cell: (row: Row) => dollars(stepOf(row).costMicroUsd), align: 'right' },
    { title: 'took', cell: (row: Row) => took(stepOf(row)), align: 'right' },
  ] as const;
}

/** What failed before it went well, or at last, stands beside how it ended. */
function endingOf({ ending, calls }: TraceStep): string {
  const failures = [...new Set(calls.flatMap(({ failure }) => failure ?? []))];
  const after = failures.length > 0 ? ` (${failures.join(', ')})` : '';
  return `${ending ?? 'open'}${after}`;
}

const took = ({ startedAt, endedAt }: TraceStep): string =>
  endedAt ? duration(Date.parse(endedAt) - Date.parse(startedAt)) : '';

/** One step: its calls, what went in, what came out. */
export function renderStep(step: StepDetail, full: boolean): string {
  const show = (value: unknown) => {
    const text = printable(renderValue(value));
    return indent(full ? text : cut(text, TEXT_CHARACTERS_MAX));
  };
  const facts = [
    `${step.kind} ${step.name} in ${step.phase}, round ${step.round}, turn ${step.turn}`,
    `key ${step.stepKey}`,
    `${endingOf(step)}, ${dollars(step.costMicroUsd)}, ${took(step) || 'not ended'}`,
  ];
  const sections: [string, string][] = [
    [`step ${step.number}`, indent(facts.join('\n'))],
    ['calls', indent(renderCalls(step))],
    ['context', show(full ? step.request : contextToRead(step.request))],
    ...outcomeSections(step).map(([title, value]): [string, string] => [title, show(value)]),
  ];
  return sections.map(([title, body]) => `${title}\n${body}`).join('\n\n');
}

function renderCalls({ calls }: TraceStep): string {
  return renderTable(calls, [
    { title: 'started', cell: ({ startedAt }) => startedAt },
    { title: 'status', cell: ({ status }) => status },
    { title: 'failure', cell: ({ failure }) => failure ?? '' },
    { title: 'request id', cell: ({ requestId }) => requestId ?? '' },
    {
      title: 'latency',
      cell: ({ latencyMs }) => (latencyMs === undefined ? '' : `${latencyMs} ms`),
    },
    { title: 'reserved', cell: (call) => dollars(call.reservedMicroUsd), align: 'right' },
    { title: 'cost', cell: (call) => dollars(call.costMicroUsd), align: 'right' },
  ]);
}

/** The prompt first, and of earlier answers only what they say: the vendor's own form repeats it. */
function contextToRead(request: unknown): unknown {
  if (typeof request !== 'object' || request === null || !('prompt' in request)) return request;
  const { prompt, exchanges, ...rest } = request as Record<string, unknown>;
  return { prompt, exchanges: withoutVendorForms(exchanges), ...rest };
}

function withoutVendorForms(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutVendorForms);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(
    ([name]) => !('toolCalls' in value && ['raw', 'assistant', 'usage'].includes(name)),
  );
  return Object.fromEntries(fields.map(([name, member]) => [name, withoutVendorForms(member)]));
}

/** Of a model's answer the parts that a person looks for, each under its name. */
function outcomeSections({ kind, outcome }: StepDetail): [string, unknown][] {
  if (outcome === undefined) return [];
  if (kind === 'tool' || typeof outcome !== 'object' || outcome === null)
    return [['result', outcome]];
  const { reasoning, toolCalls, text, raw } = outcome as Record<string, unknown>;
  const parts: [string, unknown][] = [
    ['reasoning summary', reasoning],
    ['tool calls', toolCalls],
    ['output', text],
    ['raw response', raw ?? outcome],
  ];
  return parts.filter(([, value]) => !isEmpty(value));
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
