/** `tuesday worker` with one tool more: it takes as long as a call of a slow service. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type LoneWorkerOptions, startLoneWorker, zodValue } from '../../worker/lone-worker';

export const MEASURE_TOOL = 'measure_level';
export const TOOL_MS = 100;
/** In the data folder; a line for each call, with its step key. */
export const TOOL_CALLS_FILE = 'tool-calls.log';

type Tool = NonNullable<LoneWorkerOptions['tools']>[number];

const Input = z.strictObject({ gauge: z.int().min(1).max(9).describe('Number of the gauge.') });

function measureTool(dataDir: string): Tool {
  return {
    name: MEASURE_TOOL,
    description: 'Measures the water level at a gauge.',
    input: zodValue(Input),
    effect: 'none',
    async run(input, { stepKey }) {
      const { gauge } = Input.parse(input);
      appendFileSync(join(dataDir, TOOL_CALLS_FILE), `${stepKey}\n`);
      await delay(TOOL_MS);
      return { gauge, centimetres: 100 * gauge };
    },
  };
}

async function main(): Promise<void> {
  const dataDir = process.env.TUESDAY_DATA_DIR ?? '.';
  await startLoneWorker({
    dataDir,
    env: process.env,
    onProgress: () => undefined,
    tools: [measureTool(dataDir)],
  });
  process.stdout.write('worker: ready\n');
}

if (require.main === module) void main();
