/** `closeRun`: raises the fence for good, archives the history, composes the result. */
import type { Acknowledged, CloseRunInput } from '../contracts/activities';
import { getJson, putJson } from '../contracts/content';
import type { DocumentManifest } from '../contracts/documents';
import { type RunId, runKey } from '../contracts/ids';
import type { Ledger } from '../contracts/ledger';
import type { RunReader } from '../contracts/reader';
import type { RunEnd } from '../contracts/run-status';
import { PublishedFile, type RunResult, type RunView } from '../contracts/views';
import { recordFirst } from './activity-frame';

export interface CloseRunDeps {
  ledger: Ledger;
  reader: RunReader;
  /** The run's history so far, as JSON; undefined where the server cannot give it. */
  fetchHistory(run: RunId): Promise<unknown>;
}

export function createCloseRun({ ledger, reader, fetchHistory }: CloseRunDeps) {
  return async (input: CloseRunInput): Promise<RunEnd & Acknowledged> => {
    const recordedVersion = await recordFirst(ledger, input);
    const view = await reader.getRun(input.run.workflowId);
    if (!view) throw new RangeError(`run ${input.run.workflowId} is not in the ledger`);
    const resultSha256 = await putJson(ledger.content, await compose(input, view));
    const history = await fetchHistory(input.run);
    await ledger.closeRun({
      run: input.run,
      status: input.status,
      resultSha256,
      ...(history === undefined ? {} : { historySha256: await putJson(ledger.content, history) }),
    });
    return { recordedVersion, status: input.status, resultSha256 };
  };

  async function compose(input: CloseRunInput, view: RunView): Promise<RunResult> {
    const documents = await documentsOf(input.run);
    const outputs = await Promise.all(
      view.phases.flatMap(({ name, status, outputSha256 }) =>
        outputSha256 && status !== 'pending'
          ? [
              getJson<unknown>(ledger.content, outputSha256).then(
                (output) => [name, { sha256: outputSha256, output }] as const,
              ),
            ]
          : [],
      ),
    );
    return {
      run: view.id,
      team: view.team,
      version: view.version,
      status: input.status,
      explanation: view.explanation,
      provider: view.provider,
      question: view.question,
      startedAt: view.startedAt,
      endedAt: new Date().toISOString(),
      completedPhases: view.phases
        .filter(({ status }) => status === 'done')
        .map(({ name }) => name),
      outputs: Object.fromEntries(outputs),
      limitations: view.limitations,
      costs: {
        budgetMicroUsd: view.budgetMicroUsd,
        ...view.spend,
        byPhase: Object.fromEntries(view.phases.map(({ name, spend }) => [name, spend])),
      },
      documents: (documents?.documents ?? []).map(({ name, sha256, textSha256, characters }) => ({
        name,
        sha256,
        textSha256,
        characters,
      })),
      unavailableDocuments: documents?.unavailable ?? [],
      skippedFiles: documents?.skipped ?? [],
      published: await publishedFiles(input.run),
    };
  }

  async function documentsOf(run: RunId): Promise<DocumentManifest | undefined> {
    const sha256 = await ledger.documentsOf(run);
    return sha256 ? getJson(ledger.content, sha256) : undefined;
  }

  async function publishedFiles(run: RunId): Promise<RunResult['published']> {
    const done = await ledger.effectsOf(runKey(run));
    const results = await Promise.all(
      done.map(({ resultSha256 }) => getJson<unknown>(ledger.content, resultSha256)),
    );
    return results.flatMap((result) => {
      const file = PublishedFile.safeParse(result);
      return file.success ? [file.data] : [];
    });
  }
}
