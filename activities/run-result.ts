/** Composes the result of a run that ends, and closes the run with it. */
import { getJson, getText, putJson } from '../contracts/content';
import type { DocumentManifest } from '../contracts/documents';
import { type RunId, runKey } from '../contracts/ids';
import type { ClosedRun, EventsRecorded, Ledger } from '../contracts/ledger';
import type { LedgerReader } from '../contracts/reader';
import type { RunState } from '../contracts/run-state';
import { PublishedFile, type RunResult, type RunView } from '../contracts/views';

export interface ClosingDeps {
  ledger: Ledger;
  reader: LedgerReader;
}

export type Closing = Omit<ClosedRun, 'resultSha256'>;

/** The result is stored first, so that whoever sees the end finds it. */
export async function closeWithResult(
  { ledger, reader }: ClosingDeps,
  closing: Closing,
): Promise<{ resultSha256: string; recorded: EventsRecorded }> {
  const { view, state } = await reader.afterEvents(closing.run, closing.events);
  const resultSha256 = await putJson(ledger.content, await compose(ledger, closing, view, state));
  return { resultSha256, recorded: await ledger.closeRun({ ...closing, resultSha256 }) };
}

async function compose(
  ledger: Ledger,
  closing: Closing,
  view: RunView,
  state: RunState,
): Promise<RunResult> {
  const documents = state.documentsSha256
    ? await getJson<DocumentManifest>(ledger.content, state.documentsSha256)
    : undefined;
  const outputs = await Promise.all(
    view.phases.flatMap(({ name, status, outputSha256, confidence, categories }) =>
      outputSha256 && (status === 'done' || status === 'degraded')
        ? [
            getJson<unknown>(ledger.content, outputSha256).then(
              (output) =>
                [
                  name,
                  {
                    sha256: outputSha256,
                    output,
                    ...(confidence ? { confidence } : {}),
                    ...(categories ? { categories } : {}),
                  },
                ] as const,
            ),
          ]
        : [],
    ),
  );
  const partialOutputs = await Promise.all(
    view.phases.flatMap(({ name, status, outputSha256, partialSha256, categories }) => {
      const sha256 = status === 'unfinished' ? (outputSha256 ?? partialSha256) : undefined;
      if (!sha256) return [];
      const known = { sha256, ...(categories ? { categories } : {}) };
      return [getText(ledger.content, sha256).then((text) => [name, { ...known, text }] as const)];
    }),
  );
  return {
    run: view.id,
    team: view.team,
    version: view.version,
    status: closing.status,
    explanation: view.explanation,
    provider: view.provider,
    question: view.question,
    startedAt: view.startedAt,
    endedAt: new Date(state.changedAt).toISOString(),
    completedPhases: view.phases.filter(({ status }) => status === 'done').map(({ name }) => name),
    outputs: Object.fromEntries(outputs),
    partialOutputs: Object.fromEntries(partialOutputs),
    limitations: view.limitations,
    recoveries: [
      ...view.recoveries,
      ...view.phases.flatMap(({ name, recoveries }) =>
        recoveries.map((taken) => ({ phase: name, ...taken })),
      ),
    ],
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
    published: await publishedFiles(ledger, closing.run),
    withheld: state.withheld,
    ...(view.forkedFrom ? { forkedFrom: view.forkedFrom } : {}),
  };
}

async function publishedFiles(ledger: Ledger, run: RunId): Promise<RunResult['published']> {
  const done = await ledger.effectsOf(runKey(run));
  const results = await Promise.all(
    done.map(({ resultSha256 }) => getJson<unknown>(ledger.content, resultSha256)),
  );
  const files = results.flatMap((result) => {
    const file = PublishedFile.safeParse(result);
    return file.success ? [file.data] : [];
  });
  // What a later round of a phase has replaced is no longer there.
  return [...new Map(files.map((file) => [file.path, file])).values()];
}
