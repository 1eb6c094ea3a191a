/** What a page says that it is, as the kinds of document that can be read. */
import { extname } from 'node:path';
import { DOCUMENT_TYPES, type DocumentMediaType } from '../../../contracts/documents';

export interface ReadableType {
  /** As the server says it, without parameters; what was taken for it where it says nothing. */
  mediaType: string;
  readAs: DocumentMediaType;
  /** Of the `charset` parameter. */
  charset?: string;
}

const READ_AS: Record<string, DocumentMediaType> = {
  ...Object.fromEntries(Object.values(DOCUMENT_TYPES).map((type) => [type, type])),
  'application/xhtml+xml': 'text/html',
  'application/json': 'text/plain',
  'application/x-ndjson': 'text/plain',
  'application/xml': 'text/plain',
  'application/yaml': 'text/plain',
};
/** What servers say of files that they do not know. */
const UNKNOWN = 'application/octet-stream';

/** Undefined where what the server says cannot be read. */
export function readableType(header: string | undefined, url: URL): ReadableType | undefined {
  const [said = '', ...parameters] = (header ?? '').split(';');
  const mediaType = said.trim().toLowerCase();
  if (!mediaType || mediaType === UNKNOWN) {
    const readAs = byEnding(url) ?? (mediaType ? undefined : 'text/plain');
    return readAs && { mediaType: readAs, readAs };
  }
  const isText = /^text\/|\+(json|xml)$/.test(mediaType);
  const readAs = READ_AS[mediaType] ?? (isText ? 'text/plain' : undefined);
  const charset = charsetIn(parameters);
  return readAs && { mediaType, readAs, ...(charset ? { charset } : {}) };
}

function byEnding(url: URL): DocumentMediaType | undefined {
  const ending = extname(url.pathname).toLowerCase();
  return (DOCUMENT_TYPES as Record<string, DocumentMediaType>)[ending];
}

function charsetIn(parameters: readonly string[]): string | undefined {
  for (const parameter of parameters) {
    const [, charset] = /^\s*charset\s*=\s*"?([\w.:-]{1,40})"?\s*$/i.exec(parameter) ?? [];
    if (charset) return charset.toLowerCase();
  }
  return undefined;
}
