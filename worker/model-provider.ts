/**
 * Who answers the model calls. The only place that knows of the simulator: everything else talks
 * to the Messages API at some base URL.
 */
import { createAnthropicModel } from '../activities/model/anthropic';
import type { AnthropicOptions } from '../activities/model/anthropic-calls';
import { createAnthropicWebSearch } from '../activities/model/anthropic-web-search';
import type { ModelPort } from '../activities/model/port';
import type { WebSearchPort } from '../activities/model/web-search-port';
import { UserError } from '../contracts/errors';
import { type Fault, readScenario, startSimulator } from '../simulator';

export interface ModelProvider {
  model: ModelPort;
  /** Only the real API: what a gateway or the simulator makes of a search nobody knows. */
  webSearch?: WebSearchPort;
  /** In words, as the screen and the report's footer show it. */
  label: string;
  close(): Promise<void>;
}

/** Visible latency, so that progress can be seen; a test sets it to 0. */
const SIMULATOR_FIRST_TOKEN_MS = 30;

/** A file with faults for the offline simulator: rehearses failures that a real provider has. */
const FAULTS_VARIABLE = 'TUESDAY_SIMULATOR_FAULTS';

/** Neither the offline simulator nor a gateway. */
export const asksRealApi = (env: NodeJS.ProcessEnv): boolean =>
  Boolean(env.ANTHROPIC_API_KEY) && !env.ANTHROPIC_BASE_URL;

/**
 * `ANTHROPIC_API_KEY` set: Claude, or the gateway that `ANTHROPIC_BASE_URL` names. Else the offline
 * simulator, in this process, with the faults of the file that `TUESDAY_SIMULATOR_FAULTS` names.
 * @throws UserError `bad_input` for a base URL that is none, or one without a key; for faults that
 * are none, or with a key.
 */
export async function openModelProvider(
  env: NodeJS.ProcessEnv,
  simulatorSeed: number,
  onNotice: (notice: string) => void,
): Promise<ModelProvider> {
  const apiKey = env.ANTHROPIC_API_KEY;
  const baseUrl = env.ANTHROPIC_BASE_URL;
  if (baseUrl && !URL.canParse(baseUrl))
    throw new UserError(
      'bad_input',
      `ANTHROPIC_BASE_URL "${baseUrl}" is not a URL: write it as https://host, or leave it out.`,
      'ANTHROPIC_BASE_URL',
    );
  if (baseUrl && !apiKey)
    throw new UserError(
      'bad_input',
      'ANTHROPIC_BASE_URL is set without ANTHROPIC_API_KEY: set the key that the server takes too.',
      'ANTHROPIC_API_KEY',
    );
  const faults = faultsOf(env);
  if (apiKey) {
    const options: AnthropicOptions = { apiKey, onNotice, ...(baseUrl ? { baseUrl } : {}) };
    const label = baseUrl
      ? `Messages API at ${new URL(baseUrl).host}`
      : 'Claude, by the Anthropic API';
    return {
      model: createAnthropicModel(options),
      ...(asksRealApi(env) ? { webSearch: createAnthropicWebSearch(options) } : {}),
      label,
      close: async () => {},
    };
  }
  const simulator = await startSimulator({
    seed: simulatorSeed,
    latency: { firstTokenMs: SIMULATOR_FIRST_TOKEN_MS },
    faults,
  });
  return {
    model: createAnthropicModel({ apiKey: 'simulator', baseUrl: simulator.url, onNotice }),
    label: `offline simulator (no model was asked; answers are extracts${faults.length > 0 ? `; faults on: ${faults.length} of ${FAULTS_VARIABLE}` : ''})`,
    close: () => simulator.close(),
  };
}

/** What the offline simulator is to do wrong. @throws UserError `bad_input` */
export function faultsOf(env: NodeJS.ProcessEnv): Fault[] {
  const file = env[FAULTS_VARIABLE];
  if (!file) return [];
  if (env.ANTHROPIC_API_KEY)
    throw new UserError(
      'bad_input',
      `${FAULTS_VARIABLE} is set together with ANTHROPIC_API_KEY: faults are for the offline simulator only, so leave one of them out.`,
      FAULTS_VARIABLE,
    );
  try {
    return readScenario(file);
  } catch (error) {
    throw new UserError('bad_input', (error as Error).message, FAULTS_VARIABLE);
  }
}
