/** For `dev-server.test.ts`: how long a timer of 10 ms really takes, by the server's clock. */
import { sleep } from '@temporalio/workflow';

export async function tenMilliseconds(): Promise<number> {
  const began = Date.now();
  await sleep(10);
  return Date.now() - began;
}
