/**
 * `npm run demo`: everything brought up in a temporary folder, the report team run on Tuesday's own
 * pages, or on your question and folder.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { getJson } from '../contracts/content';
import { EXIT, UserError } from '../contracts/errors';
import type { RunResult } from '../contracts/views';
import { report } from '../teams';
import { startInstallation, whileUp } from './bring-up';
import { clientOf } from './client';
import { collectDemoDocuments } from './demo-documents';
import { exitCodeOf } from './exit-codes';
import { exportRun, prepareOutFolder } from './export';
import { followRun } from './follow';
import { listenForInterrupts } from './interrupt';
import { createIo, type Io } from './io';
import { absolute } from './options';
import { renderResult } from './render/result';

const QUESTION =
  'What do these documents say about budgets, retries, approvals, limits, killed workers and published files?';

interface DemoOptions {
  question: string;
  docs?: string;
  out?: string;
}

async function demo({ question, docs, out }: DemoOptions, io: Io): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tuesday-demo-'));
  // PostgreSQL runs as an unprivileged user where root runs this, and must get in.
  await chmod(folder, 0o755);
  const { signal, dispose } = listenForInterrupts();
  const reportFolder = out === undefined ? join(folder, 'report') : absolute(out);
  try {
    await prepareOutFolder(reportFolder);
    const documents =
      docs === undefined ? await collectDemoDocuments(join(folder, 'documents')) : absolute(docs);
    const installation = await startInstallation({
      dataDir: join(folder, 'data'),
      env: process.env,
      apiPort: 0,
      uiPort: false,
      onProgress: (line) => io.note(line),
    });
    const tuesday = clientOf(installation.apiUrl, installation.ownKey);
    try {
      io.note(`Question: ${question}`);
      const handle = await tuesday.startRun(report, { question, documents });
      const last = await whileUp(installation, followRun(tuesday, handle, io, { signal }));
      if (last?.resultSha256 === undefined) {
        if (!signal.aborted) io.note(`The run stands at ${last?.status}: ${last?.explanation}`);
        return signal.aborted ? EXIT.interrupted : exitCodeOf(last?.status ?? 'failed');
      }
      const result = await getJson<RunResult>(tuesday.content, last.resultSha256);
      const { published } = await exportRun(tuesday.content, result, reportFolder);
      io.result(result, () => renderResult(result, { published, out: reportFolder }));
      return exitCodeOf(last.status);
    } finally {
      await tuesday.close();
      await installation.stop();
    }
  } finally {
    await rm(join(folder, 'data'), { recursive: true, force: true });
    await rm(join(folder, 'documents'), { recursive: true, force: true });
    dispose();
  }
}

new Command('demo')
  .description('the report team on Tuesday’s own documents, or on yours')
  .option('--question <text>', 'what the report is to answer', QUESTION)
  .option('--docs <folder>', 'your own documents')
  .option('--out <folder>', 'where the report goes (a temporary folder)')
  .action(async (options: DemoOptions) => {
    const io = createIo(false);
    let exitCode: number;
    try {
      exitCode = await demo(options, io);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      io.note(`demo: ${error.message}`);
      exitCode = error.exitCode;
    }
    process.exit(exitCode);
  })
  .parseAsync();
