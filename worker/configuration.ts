/** What a worker takes from its environment. One clear sentence for each bad value. */
import { join } from 'node:path';
import { z } from 'zod';
import { PRICES, type PriceTable } from '../domain/prices';
import { readSettingsFile } from './settings-file';

/** `TUESDAY_DATA_DIR`, else `.tuesday` in the current folder. */
export function defaultDataDir(env: NodeJS.ProcessEnv, cwd: string): string {
  return env.TUESDAY_DATA_DIR || join(cwd, '.tuesday');
}

const dollars = z.number().nonnegative().max(10_000);
const PriceFile = z.record(
  z.string().min(1),
  z.strictObject({
    input: dollars,
    output: dollars,
    cacheWrite: dollars.optional(),
    cacheRead: dollars.optional(),
  }),
);
/** What the provider charges for a cache write where nothing is said: its usual surcharge. */
const CACHE_WRITE_FACTOR = 1.25;
const NANO_PER_MICRO = 1_000;

/**
 * The price table, with the models of the file that `TUESDAY_PRICES` names: dollars per million
 * tokens, `{"my-model": {"input": 1, "output": 5}}`.
 * @throws UserError `bad_input` naming the file and the place.
 */
export async function loadPrices(env: NodeJS.ProcessEnv): Promise<PriceTable> {
  const file = await readSettingsFile(
    env,
    'TUESDAY_PRICES',
    PriceFile,
    '{"model": {"input": 1, "output": 5}} in dollars per million tokens',
  );
  if (!file) return PRICES;
  const given = Object.entries(file.content).map(([model, price]) => [
    model,
    {
      rates: {
        input: Math.ceil(price.input * NANO_PER_MICRO),
        output: Math.ceil(price.output * NANO_PER_MICRO),
        cacheWrite: Math.ceil(
          (price.cacheWrite ?? price.input * CACHE_WRITE_FACTOR) * NANO_PER_MICRO,
        ),
        cacheRead: Math.ceil((price.cacheRead ?? price.input) * NANO_PER_MICRO),
      },
      asOf: 'configured',
      source: file.path,
    },
  ]);
  return { ...PRICES, ...Object.fromEntries(given) };
}
