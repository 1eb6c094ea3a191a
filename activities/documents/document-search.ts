/**
 * Search over a run's documents. Indexes live in one thread of their own, because building one over
 * thousands of passages would hold up heartbeats.
 *
 * 1. The thread knows which indexes it holds; this side asks it and builds what is missing, so a
 *    thread that died costs a rebuild and nothing else.
 * 2. One task at a time goes to the thread, so that its time-out counts its own work only.
 * 3. An index that is wanted by many at once is built once.
 */
import { randomUUID } from 'node:crypto';
import Tinypool from 'tinypool';
import { type ContentStore, getJson, type Sha256 } from '../../contracts/content';
import { DOCUMENT_LIMITS } from '../../contracts/document-limits';
import type { DocumentManifest, IngestedDocument } from '../../contracts/documents';
import { builtFile } from '../../contracts/package-root';
import type { SearchResult } from './search-index';
import type { SearchAnswer, SearchTask } from './search-worker';
import { createSlots } from './slots';

export interface DocumentSearch {
  /**
   * @param documents the `DocumentManifest` artifact
   * @param limit passages in the result
   * @throws the signal's reason; what the content store throws; Error when the thread fails or is too slow
   */
  search(
    documents: Sha256,
    query: string,
    limit: number,
    signal?: AbortSignal,
  ): Promise<SearchResult>;
  /** Ends the thread; searches under way, waiting or yet to come are rejected. */
  close(): Promise<void>;
}

/** Documents that are read and handed to the thread together, so that searches get in between. */
const BATCH_CHARACTERS_MAX = 1_000_000;
const BATCH_DOCUMENTS_MAX = 50;
/** An index that others displace while it is waited for is built again, but not for ever. */
const BUILDS_MAX = 3;
const IDLE_MS = 600_000;

export interface DocumentSearchOptions {
  /** Heap of the thread in MB, default `indexHeapMbMax` of the document limits. */
  heapMb?: number;
}

/** The thread starts with the first search and ends after ten idle minutes, or with `close`. */
export function createDocumentSearch(
  content: ContentStore,
  { heapMb = DOCUMENT_LIMITS.indexHeapMbMax }: DocumentSearchOptions = {},
): DocumentSearch {
  const slot = createSlots(1);
  const buildSlot = createSlots(1);
  const builds = new Map<Sha256, Promise<void>>();
  let pool: Tinypool | undefined;
  let isClosed = false;

  const start = () => {
    const started = new Tinypool({
      filename: builtFile('activities/documents/search-worker.js'),
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: IDLE_MS,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    // A thread that dies between tasks is replaced; without a listener it would end the process.
    started.on('error', () => undefined);
    return started;
  };

  const send = (task: SearchTask, timeoutMs: number): Promise<SearchAnswer> =>
    slot.run(async () => {
      if (isClosed) throw new Error('The document search is closed.');
      pool ??= start();
      return (await pool.run(task, { signal: AbortSignal.timeout(timeoutMs) })) as SearchAnswer;
    });

  const build = async (key: Sha256): Promise<void> => {
    const { documents } = await getJson<DocumentManifest>(content, key);
    const id = randomUUID();
    for (const batch of batches(documents)) {
      const texts = await Promise.all(batch.map((document) => content.get(document.textSha256)));
      const named = batch.map(({ name }, i) => ({ name, text: texts[i]?.bytes as Uint8Array }));
      await send({ kind: 'add', build: id, documents: named }, DOCUMENT_LIMITS.indexBatchMs);
    }
    await send({ kind: 'finish', key, build: id }, DOCUMENT_LIMITS.searchMs);
  };

  const ensureIndex = (key: Sha256): Promise<void> => {
    const underWay = builds.get(key);
    if (underWay !== undefined) return underWay;
    const started = buildSlot.run(() => build(key)).finally(() => builds.delete(key));
    builds.set(key, started);
    return started;
  };

  const search = async (key: Sha256, query: string, limit: number): Promise<SearchResult> => {
    for (let built = 0; built <= BUILDS_MAX; built++) {
      const answer = await send({ kind: 'search', key, query, limit }, DOCUMENT_LIMITS.searchMs);
      if (typeof answer !== 'string') return answer;
      await ensureIndex(key);
    }
    throw new Error('the search index was displaced as often as it was built');
  };

  return {
    search: (documents, query, limit, signal) =>
      withSignal(search(documents, query, limit), signal),
    async close() {
      isClosed = true;
      await pool?.destroy();
    },
  };
}

function* batches(documents: readonly IngestedDocument[]): Generator<IngestedDocument[]> {
  let batch: IngestedDocument[] = [];
  let characters = 0;
  for (const document of documents) {
    batch.push(document);
    characters += document.characters;
    if (characters >= BATCH_CHARACTERS_MAX || batch.length === BATCH_DOCUMENTS_MAX) {
      yield batch;
      batch = [];
      characters = 0;
    }
  }
  if (batch.length > 0) yield batch;
}

/** Stops waiting when the signal is aborted; the work goes on, because others may wait for it. */
function withSignal<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
