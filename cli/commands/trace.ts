import { Command } from 'commander';
import type { Tuesday } from '../../client/types';
import { UserError } from '../../contracts/errors';
import type { TraceStep } from '../../contracts/views';
import { connect } from '../connect';
import { createIo } from '../io';
import { type CommonOptions, integerFrom, withCommonOptions } from '../options';
import { renderStep, renderTrace, type StepDetail } from '../render/trace';
import { runArgument } from './status';

interface TraceOptions extends CommonOptions {
  step?: number;
  full: boolean;
}

const STEP_MAX = 100_000;

/** `tuesday trace RUN`: its invocations; one of them in full with `--step`, all with `--full`. */
export function traceCommand(): Command {
  return withCommonOptions(new Command('trace'))
    .description('invocations of a run: context, calls, raw responses, reasoning summary, output')
    .addArgument(runArgument())
    .option('--step <n>', 'one step, with what went in and what came out', integerFrom(1, STEP_MAX))
    .option('--full', 'every step (or the one of --step) with nothing cut', false)
    .action(async (id: string, options: TraceOptions) => {
      const { tuesday } = await connect(options);
      const steps = await tuesday.trace(id);
      const io = createIo(options.json);
      if (options.step === undefined && !options.full) {
        const { phases } = await tuesday.getRun(id);
        return io.result(steps, () => renderTrace(steps, phases));
      }
      const details = await Promise.all(
        chosen(id, steps, options.step).map((step) => detailOf(tuesday, step)),
      );
      io.result(options.step === undefined ? details : details[0], () =>
        details.map((detail) => renderStep(detail, options.full)).join('\n\n'),
      );
    });
}

function chosen(
  id: string,
  steps: readonly TraceStep[],
  number: number | undefined,
): readonly TraceStep[] {
  if (number === undefined) return steps;
  const step = steps[number - 1];
  if (step === undefined)
    throw new UserError(
      'not_found',
      `The run "${id}" has ${steps.length} steps, so there is no step ${number}.`,
      'step',
    );
  return [step];
}

async function detailOf(tuesday: Tuesday, step: TraceStep): Promise<StepDetail> {
  const { requestSha256, outcomeSha256 } = step;
  const [request, outcome] = await Promise.all([
    tuesday.composedRequest(requestSha256),
    outcomeSha256 === undefined ? undefined : tuesday.composedRequest(outcomeSha256),
  ]);
  return { ...step, request, ...(outcome === undefined ? {} : { outcome }) };
}
