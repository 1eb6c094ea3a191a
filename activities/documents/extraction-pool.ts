/**
 * Documents are parsed in threads of their own, so that heartbeats do not starve and a hostile
 * document can be cut off.
 *
 * 1. At most `threads` documents are parsed at once; the others wait here, and their time has not begun.
 * 2. A document that takes too long, or too much memory, ends its thread and becomes a problem;
 *    the next one gets a new thread.
 * 3. A thread that fails for another reason throws: that is a fault of ours, not of the document.
 */
import { memoryUsage } from 'node:process';
import Tinypool from 'tinypool';
import { DOCUMENT_LIMITS } from '../../contracts/document-limits';
import { builtFile } from '../../contracts/package-root';
import type { ProblemKind } from './extraction-problem';
import type { ExtractionAnswer, ExtractionTask } from './extraction-worker';
import { createSlots } from './slots';

export interface ExtractionPoolOptions {
  /** Default `extractionThreadsMax` of the document limits. */
  threads?: number;
  /** Time for one document in ms, default `extractionMs`. */
  extractionMs?: number;
  /** Heap of one thread in MB, default `extractionHeapMbMax`. */
  heapMb?: number;
  /** Growth of the process's memory in bytes, default `extractionGrowthBytesMax`. */
  growthBytesMax?: number;
}

export interface ExtractionPool {
  /** Parsed at once; more calls wait. */
  readonly threads: number;
  /**
   * @param charset what the sender says that a text is encoded in
   * @throws the signal's reason when it is aborted; the document's thread is then ended
   */
  extract(
    bytes: Uint8Array,
    mediaType: string,
    signal?: AbortSignal,
    charset?: string,
  ): Promise<ExtractionAnswer>;
  /** Ends the threads; calls under way, waiting or yet to come are rejected. */
  close(): Promise<void>;
}

class CutOff extends Error {
  constructor(
    readonly kind: ProblemKind,
    readonly reason: string,
  ) {
    super(reason);
  }
}

/** Threads start with the first document and stay until `close`. */
export function createExtractionPool(options: ExtractionPoolOptions = {}): ExtractionPool {
  const threads = options.threads ?? DOCUMENT_LIMITS.extractionThreadsMax;
  const extractionMs = options.extractionMs ?? DOCUMENT_LIMITS.extractionMs;
  const heapMb = options.heapMb ?? DOCUMENT_LIMITS.extractionHeapMbMax;
  const growthBytesMax = options.growthBytesMax ?? DOCUMENT_LIMITS.extractionGrowthBytesMax;
  const slots = createSlots(threads);
  let pool: Tinypool | undefined;
  let isClosed = false;

  const start = () => {
    const started = new Tinypool({
      filename: builtFile('activities/documents/extraction-worker.js'),
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: 60_000,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    // A thread that dies between tasks is replaced; without a listener it would end the process.
    started.on('error', () => undefined);
    return started;
  };

  const parse = async (task: ExtractionTask, signal: AbortSignal | undefined) => {
    if (isClosed) throw new Error('The extraction pool is closed.');
    pool ??= start();
    const cut = new AbortController();
    const onAbort = () => cut.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const clock = setTimeout(() => {
      const reason = `could not be read within ${extractionMs / 1_000} s`;
      cut.abort(new CutOff('timeout', reason));
    }, extractionMs);
    const stopWatching = watchMemory(growthBytesMax, () => cut.abort(tooMuchMemory()));
    try {
      return (await pool.run(task, { signal: cut.signal })) as ExtractionAnswer;
    } catch (error) {
      const cause = cut.signal.aborted
        ? cut.signal.reason
        : isOutOfHeap(error)
          ? tooMuchMemory()
          : error;
      if (!(cause instanceof CutOff)) throw cause;
      return { problem: { kind: cause.kind, reason: cause.reason } };
    } finally {
      clearTimeout(clock);
      stopWatching();
      signal?.removeEventListener('abort', onAbort);
    }
  };

  return {
    threads,
    extract: (bytes, mediaType, signal, charset) =>
      slots.run(() => {
        signal?.throwIfAborted();
        return parse({ bytes, mediaType, ...(charset ? { charset } : {}) }, signal);
      }, signal),
    async close() {
      isClosed = true;
      await pool?.destroy();
    },
  };
}

function tooMuchMemory(): CutOff {
  return new CutOff('memory', 'needs too much memory to be read');
}

function isOutOfHeap(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
}

/** A thread's heap has a limit of its own, its buffers do not: the process's size is what shows them. */
function watchMemory(growthBytesMax: number, onTooMuch: () => void): () => void {
  const before = memoryUsage.rss();
  const watch = setInterval(() => {
    if (memoryUsage.rss() - before > growthBytesMax) onTooMuch();
  }, DOCUMENT_LIMITS.extractionMemoryCheckMs);
  return () => clearInterval(watch);
}
