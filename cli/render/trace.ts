/** Invocations: a list of them, or one in full. */
import type { PhaseView, TraceStep } from '../../contracts/views';
import { dollars } from '../../domain/dollars';
import { renderOutputs } from './outputs';
import { printable } from './printable';
import { recoveryWords } from './recoveries';
import { type Column, cut, renderTable } from './table';
import { duration } from './units';
import { indent, renderValue } from './value';

/** A long text in one step, unless all of it was asked for. */
const TEXT_CHARACTERS_MAX = 2_000;

/** A step with what is stored of it. */
export interface StepDetail extends TraceStep {
  /** The input context, put together. */
  request: unknown;
  /** The recorded outcome: of a model, `ModelAnswer`; of a tool, its result or error. */
  outcome?: unknown;
}

export function renderTrace(steps: readonly TraceStep[], phases: readonly PhaseView[]): string {
  if (steps.length === 0) return 'No model or tool has been called yet.';
  const outputs = renderOutputs(phases);
  return renderTable(steps, columnsFor(steps)) + (outputs ? `\n\n${outputs}` : '');
}

export function renderInvocations(steps: readonly (TraceStep & { run: string })[]): string {
  if (steps.length === 0) return 'There is no such invocation.';
  return renderTable(steps, [
    { title: 'started', cell: ({ startedAt }) => startedAt },
    { title: 'run', cell: ({ run }) => run },
    ...columnsFor(steps),
  ]);
}

const tokens = (step: TraceStep, pick: (used: Tokens) => number): string =>
  step.tokens ? String(pick(step.tokens)) : '';
type Tokens = NonNullable<TraceStep['tokens']>;

const STEP_COLUMNS: Column<TraceStep>[] = [
  { title: 'step', cell: ({ number }) => String(number), align: 'right' },
  { title: 'phase', cell: placeOf },
  { title: 'kind', cell: ({ kind }) => kind },
  { title: 'name', cell: ({ name }) => name },
  { title: 'ending', cell: endingOf },
  { title: 'calls', cell: ({ calls }) => String(calls.length), align: 'right' },
  { title: 'tokens in', cell: (step) => tokens(step, ({ input }) => input), align: 'right' },
  {
    title: 'cache read',
    cell: (step) => tokens(step, ({ cacheRead }) => cacheRead),
    align: 'right',
  },
  {
    title: 'cache write',
    cell: (step) => tokens(step, ({ cacheWrite }) => cacheWrite),
    align: 'right',
  },
  { title: 'out', cell: (step) => tokens(step, ({ output }) => output), align: 'right' },
  { title: 'cost', cell: ({ costMicroUsd }) => dollars(costMicroUsd), align: 'right' },
  { title: 'took', cell: took, align: 'right' },
];

/** Most steps recover from nothing: their column is there where one did. */
const RECOVERY_COLUMN: Column<TraceStep> = {
  title: 'recovery',
  cell: ({ recoveries }) => recoveryWords(recoveries),
};
const columnsFor = (steps: readonly TraceStep[]): Column<TraceStep>[] =>
  steps.some(({ recoveries }) => recoveries.length > 0)
    ? [...STEP_COLUMNS, RECOVERY_COLUMN]
    : STEP_COLUMNS;

/** `research 1.3`: round 1, turn 3; the second tool call of that turn is `research 1.3.2`. */
function placeOf({ phase, round, turn, toolCall }: TraceStep): string {
  return `${phase} ${round}.${turn}${toolCall === undefined ? '' : `.${toolCall}`}`;
}

/** What failed before it went well, or at last, stands beside how it ended. */
function endingOf({ ending, calls }: TraceStep): string {
  const failures = [...new Set(calls.flatMap(({ failure }) => failure ?? []))];
  const after = failures.length > 0 ? ` (${failures.join(', ')})` : '';
  return `${ending ?? 'open'}${after}`;
}

function took({ startedAt, endedAt }: TraceStep): string {
  return endedAt ? duration(Date.parse(endedAt) - Date.parse(startedAt)) : '';
}

/** One step: its calls, what went in, what came out. */
export function renderStep(step: StepDetail, full: boolean): string {
  const show = (value: unknown) => {
    const text = printable(renderValue(value));
    return indent(full ? text : cut(text, TEXT_CHARACTERS_MAX));
  };
  const call = step.toolCall === undefined ? '' : `, tool call ${step.toolCall}`;
  const facts = [
    `${step.kind} ${step.name} in ${step.phase}, round ${step.round}, turn ${step.turn}${call}`,
    `key ${step.stepKey}`,
    `${endingOf(step)}, ${dollars(step.costMicroUsd)}, ${took(step) || 'not ended'}`,
    ...(step.recoveries.length > 0 ? [`recovered: ${recoveryWords(step.recoveries)}`] : []),
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
