import { Command, InvalidArgumentError } from 'commander';
import { readScenario, startSimulator } from './index';

/**
 * The simulator as a process of its own, for tests with several processes. Prints one line of JSON,
 * `{"url": "http://…"}`, once it listens; ends at SIGINT or SIGTERM.
 */

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('must be a whole number, 0 or more');
  return Number(text);
}

const collect = (value: string, earlier: string[]): string[] => [...earlier, value];

interface Flags {
  host: string;
  port: number;
  seed: number;
  latencyMs: number;
  perTokenMs: number;
  bill?: string;
  apiKey: string[];
  faults?: string;
  recordHeader: string[];
}

async function main(): Promise<void> {
  const flags = new Command('simulator')
    .description('An offline, strict Messages API with a bill and faults (docs/simulator.md)')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', '0 takes any free port', wholeNumber, 0)
    .option('--seed <seed>', 'decides every choice of the answers', wholeNumber, 1)
    .option('--latency-ms <ms>', 'before the first byte of an answer', wholeNumber, 0)
    .option('--per-token-ms <ms>', 'for each output token', wholeNumber, 0)
    .option('--bill <file>', 'append bill lines to this file as JSON lines')
    .option('--api-key <key>', 'accepted key, repeatable; default: any', collect, [])
    .option('--faults <file>', 'JSON file with a list of faults')
    .option('--record-header <name>', 'header to record in the bill, repeatable', collect, [])
    .parse()
    .opts<Flags>();
  const simulator = await startSimulator({
    host: flags.host,
    port: flags.port,
    seed: flags.seed,
    latency: { firstTokenMs: flags.latencyMs, perTokenMs: flags.perTokenMs },
    ...(flags.bill === undefined ? {} : { billFile: flags.bill }),
    ...(flags.faults === undefined ? {} : { faults: readScenario(flags.faults) }),
    ...(flags.apiKey.length === 0 ? {} : { apiKeys: flags.apiKey }),
    ...(flags.recordHeader.length === 0 ? {} : { recordHeaders: flags.recordHeader }),
  });
  process.stdout.write(`${JSON.stringify({ url: simulator.url })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void simulator.close().then(() => process.exit(0)));
  }
}

main().catch((error: unknown) => {
  process.stderr.write(
    `The simulator cannot start: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(1);
});
