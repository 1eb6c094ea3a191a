/** Content over the HTTP API, for processes that have no ledger of their own. */
import { ArtifactReceipt } from '../contracts/api';
import { type ContentStore, sha256Of } from '../contracts/content';
import { UserError } from '../contracts/errors';
import { API_ARTIFACT_BYTES_MAX } from '../contracts/limits';
import type { ApiClient } from './api';

/** What arrives is checked against its name in both directions. */
export function createHttpContentStore(api: ApiClient): ContentStore {
  return {
    async put(bytes, mediaType) {
      if (bytes.length > API_ARTIFACT_BYTES_MAX)
        throw new UserError(
          'bad_input',
          `${bytes.length} bytes are too many for one artifact: at most ${API_ARTIFACT_BYTES_MAX} can be stored.`,
        );
      const { sha256 } = await api.postBytes(ArtifactReceipt, '/v1/artifacts', bytes, mediaType);
      checkDigest(api, sha256, bytes);
      return sha256;
    },
    async get(sha256) {
      const content = await api.getBytes(`/v1/artifacts/${encodeURIComponent(sha256)}`);
      checkDigest(api, sha256, content.bytes);
      return content;
    },
  };
}

function checkDigest(api: ApiClient, sha256: string, bytes: Buffer): void {
  if (sha256Of(bytes) !== sha256)
    throw new UserError(
      'unavailable',
      `Artifact ${sha256} was damaged on its way to or from ${api.url}: try again.`,
    );
}
