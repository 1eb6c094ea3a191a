/** The server as a process: `node -r run-ts.cjs stdio.ts`, with its files in the environment. */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createProtocol, type Message, readControl, type Wire } from './protocol';

const files = {
  control: process.env.MCP_TEST_CONTROL ?? '',
  journal: process.env.MCP_TEST_JOURNAL ?? '',
};
const protocol = createProtocol(files);
const { stderr, stubborn } = readControl(files);
if (stderr) process.stderr.write(stderr);

const wire: Wire = {
  send: (message) => wire.raw(`${JSON.stringify(message)}\n`),
  // At once: what is written just before an end has to arrive.
  raw(text) {
    for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(write(rest));
  },
  crash: () => process.exit(1),
  status: () => {
    throw new Error('there is no status over stdio');
  },
};

function write(bytes: Buffer): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    return 0;
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    protocol.take(JSON.parse(line) as Message, wire).catch((error: Error) => {
      console.error(error);
      process.exit(2);
    });
  })
  .on('close', () => {
    if (!stubborn) process.exit(0);
  });
if (stubborn) {
  process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 1_000);
}
