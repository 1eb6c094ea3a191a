/**
 * A model request as it is stored: by reference, so that a conversation of n turns costs n
 * artifacts and not n copies of itself. Its sha256 is the digest of the request.
 */
import { canonicalJson, MEDIA, sha256Of } from '../../contracts/content';
import type { ArtifactBytes } from '../../contracts/ledger';

export interface StoredExchange {
  /** A `ModelAnswer`. */
  answerSha256: string;
  results: { toolCallId: string; resultSha256: string }[];
  saidSha256?: string;
}

export interface StoredRequest {
  promptSha256: string;
  maxOutputTokens: number;
  mayUseTools: boolean;
  part?: number;
  exchanges: StoredExchange[];
}

/** Bytes of a JSON artifact that is stored together with the claim or outcome that names it. */
export function jsonArtifact(value: unknown): ArtifactBytes {
  const bytes = Buffer.from(canonicalJson(value));
  return { sha256: sha256Of(bytes), bytes, mediaType: MEDIA.json };
}
