/** Makes of a run's originals the texts that its agents read and its quotes are checked against. */
import {
  type ContentStore,
  getText,
  MEDIA,
  putJson,
  putText,
  type Sha256,
} from '../../contracts/content';
import { DOCUMENT_LIMITS } from '../../contracts/document-limits';
import {
  type DocumentManifest,
  type IngestedDocument,
  parseSourceManifest,
  type SourceDocument,
  type SourceManifest,
} from '../../contracts/documents';
import { UserError } from '../../contracts/errors';
import { mapInParallel } from '../../contracts/parallel';
import { type CachedExtraction, type ExtractionCache, extractionVersion } from './extraction-cache';
import type { ExtractionPool } from './extraction-pool';
import { PROBLEM_MAY_PASS } from './extraction-problem';

export interface IngestDeps {
  content: ContentStore;
  extractions: ExtractionCache;
  pool: ExtractionPool;
}

export interface IngestContext {
  signal: AbortSignal;
  /** Called after each document and every `HEARTBEAT_MS` while one takes its time. */
  heartbeat: () => void;
}

export interface Ingested {
  /** The `DocumentManifest` artifact. */
  documentsSha256: Sha256;
  /** How many documents have a text; with none there is nothing to work on. */
  documents: number;
  /** How many have none. */
  unavailable: number;
  /** Which have none, and why: a text, where there are any. */
  detailSha256?: Sha256;
}

/** Well below the shortest heartbeat time-out of an activity. */
const HEARTBEAT_MS = 1_000;

/** Beyond this a list of reasons no longer helps; the manifest has them all. */
const UNAVAILABLE_SHOWN_MAX = 20;

const TOO_LARGE = `is larger than ${DOCUMENT_LIMITS.documentBytesMax / 1_048_576} MB`;
const BEYOND_TOTAL = `is left out, because all texts together would exceed ${DOCUMENT_LIMITS.totalTextCharactersMax} characters`;

/**
 * A document that cannot be read becomes `unavailable` with the reason; the others go on.
 * @throws UserError `bad_input` when the manifest is not one or is beyond the limits;
 *   the signal's reason when it is aborted; what the ports throw
 */
export function createIngest(deps: IngestDeps) {
  return async (manifestSha256: Sha256, context: IngestContext): Promise<Ingested> => {
    const source = parseSourceManifest(await getText(deps.content, manifestSha256));
    const extractions = await extractAll(deps, source.documents, context);
    const manifest = assemble(source, extractions);
    const { documents, unavailable } = manifest;
    return {
      documentsSha256: await putJson(deps.content, manifest),
      documents: documents.length,
      unavailable: unavailable.length,
      ...(unavailable.length > 0
        ? { detailSha256: await putText(deps.content, unavailableInWords(unavailable)) }
        : {}),
    };
  };
}

/** In the order of `documents`, as many at once as the pool has threads. */
async function extractAll(
  deps: IngestDeps,
  documents: readonly SourceDocument[],
  { signal, heartbeat }: IngestContext,
): Promise<CachedExtraction[]> {
  const beating = setInterval(heartbeat, HEARTBEAT_MS);
  try {
    return await mapInParallel(documents, deps.pool.threads, async (document) => {
      signal.throwIfAborted();
      const extraction = await extractOne(deps, document, signal);
      heartbeat();
      return extraction;
    });
  } finally {
    clearInterval(beating);
  }
}

async function extractOne(
  { content, extractions, pool }: IngestDeps,
  { sha256, mediaType }: SourceDocument,
  signal: AbortSignal,
): Promise<CachedExtraction> {
  const version = extractionVersion(mediaType);
  const known = await extractions.get(sha256, version);
  if (known !== undefined) return known;
  const original = await readOriginal(content, sha256);
  if (original === undefined) return { problem: 'was listed, but its content was never stored' };
  if (original.length > DOCUMENT_LIMITS.documentBytesMax) return { problem: TOO_LARGE };
  const answer = await pool.extract(original, mediaType, signal);
  if ('problem' in answer) {
    const { kind, reason } = answer.problem;
    if (!PROBLEM_MAY_PASS[kind]) await extractions.put(sha256, version, { problem: reason });
    return { problem: reason };
  }
  const { text, characters, lines, categories } = answer;
  const textSha256 = await content.put(Buffer.from(text), MEDIA.text);
  const extraction = {
    textSha256,
    characters,
    lines,
    ...(Object.keys(categories).length > 0 ? { categories } : {}),
  };
  await extractions.put(sha256, version, extraction);
  return extraction;
}

async function readOriginal(content: ContentStore, sha256: Sha256): Promise<Buffer | undefined> {
  try {
    return (await content.get(sha256)).bytes;
  } catch (error) {
    if (error instanceof UserError && error.kind === 'not_found') return undefined;
    throw error;
  }
}

function assemble(
  { documents, skipped }: SourceManifest,
  extractions: readonly CachedExtraction[],
): DocumentManifest {
  const manifest: DocumentManifest = { documents: [], unavailable: [], skipped };
  let charactersLeft: number = DOCUMENT_LIMITS.totalTextCharactersMax;
  for (const [index, { name, mediaType, sha256 }] of documents.entries()) {
    const extraction = extractions[index] as CachedExtraction;
    if ('problem' in extraction) {
      manifest.unavailable.push({ name, reason: extraction.problem });
    } else if (extraction.characters > charactersLeft) {
      manifest.unavailable.push({ name, reason: BEYOND_TOTAL });
    } else {
      charactersLeft -= extraction.characters;
      const document: IngestedDocument = { name, mediaType, sha256, ...extraction };
      manifest.documents.push(document);
    }
  }
  return manifest;
}

/** Which documents have no text, and why, in a person's words. */
function unavailableInWords(unavailable: DocumentManifest['unavailable']): string {
  const shown = unavailable
    .slice(0, UNAVAILABLE_SHOWN_MAX)
    .map(({ name, reason }) => `"${name}" ${reason}`);
  const rest = unavailable.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}
