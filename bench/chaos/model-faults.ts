/** What providers do on a bad day, so that retries and repairs are under way when parts fail. */
import type { Fault, Latency } from '../../simulator';

/** Calls take some seconds, as those of real models do: long enough to be hit while they are in flight. */
export const MODEL_LATENCY: Latency = { firstTokenMs: 800, perTokenMs: 6 };

export const MODEL_FAULTS: Fault[] = [
  { kind: 'http_error', status: 529, probability: 0.03 },
  { kind: 'http_error', status: 429, retryAfterSeconds: 1, probability: 0.03 },
  { kind: 'http_error', status: 500, probability: 0.03 },
  { kind: 'drop', where: 'before_headers', probability: 0.02 },
  { kind: 'drop', where: 'mid_stream', probability: 0.02 },
  { kind: 'sse_error', probability: 0.02 },
  { kind: 'hold', where: 'mid_stream', until: 3_000, probability: 0.05 },
  { kind: 'malformed_json', probability: 0.03 },
  { kind: 'schema_violation', probability: 0.03 },
  { kind: 'max_tokens_cut', probability: 0.02 },
];
