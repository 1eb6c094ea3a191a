/** jest's `globalSetup`: one Temporal and one PostgreSQL for all test files of a run. */
import { startTestServers } from './test-servers';

export default async function globalSetup(): Promise<void> {
  await startTestServers();
}
