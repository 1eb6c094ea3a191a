/**
 * Bytes to text, or the reason why they are none. One rule for the client, which refuses a binary
 * file before it is stored, and for extraction, which makes the text that quotes are checked against.
 */

export type Decoded = { text: string } | { notText: NotTextReason };
export type NotTextReason = 'nul_bytes' | 'control_characters' | 'unknown_encoding';

/** What a person is told, after the file's name. */
export const NOT_TEXT_REASONS: Record<NotTextReason, string> = {
  nul_bytes: 'is binary, not text (it contains NUL bytes)',
  control_characters: 'is binary, not text (it is full of control characters)',
  unknown_encoding: 'is text in an unknown encoding; save it as UTF-8',
};

/** Bytes ≥ 0x80 beyond which bytes that are no UTF-8 are not taken for a western single-byte text either (Czech and Icelandic have about 12 %). */
const SINGLE_BYTE_HIGH_SHARE_MAX = 0.2;
/** Control characters in text are rare: form feeds, a stray escape sequence. */
const CONTROL_SHARE_MAX = 0.02;
/** Where an html document may name its encoding. Source: HTML standard, "prescan a byte stream". */
const HTML_CHARSET_WITHIN_BYTES = 1_024;

export interface DecodeOptions {
  /** The text may name its encoding as html documents do. */
  html?: boolean;
  /** What the sender says. */
  charset?: string | undefined;
}

/** Bytes in these can look like UTF-8 or like no text at all. */
const UNLIKE_ASCII = new Set(['utf-16le', 'utf-16be', 'iso-2022-jp']);

/**
 * Decodes UTF-8, UTF-16 with a byte order mark, the encoding that its sender or an html document names, and
 * Windows-1252 (a superset of Latin-1). The byte order mark is left out; line ends stay as they are.
 */
export function decodeText(bytes: Uint8Array, options: DecodeOptions = {}): Decoded {
  const marked = byteOrderMark(bytes);
  if (marked !== undefined) {
    const text = new TextDecoder(marked).decode(bytes);
    return text.includes('\0') ? { notText: 'nul_bytes' } : { text };
  }
  const { charset } = options;
  if (charset && UNLIKE_ASCII.has(encodingOf(charset) ?? '')) {
    const text = decodeStrictly(charset, bytes);
    if (text !== undefined && !text.includes('\0')) return { text };
  }
  if (bytes.includes(0)) return { notText: 'nul_bytes' };
  if (controlShare(bytes) > CONTROL_SHARE_MAX) return { notText: 'control_characters' };
  const utf8 = decodeStrictly('utf-8', bytes);
  if (utf8 !== undefined) return { text: utf8 };
  const declared = charset ?? (options.html ? declaredCharset(bytes) : undefined);
  const asDeclared = declared === undefined ? undefined : decodeStrictly(declared, bytes);
  if (asDeclared !== undefined) return { text: asDeclared };
  return decodeDamaged(bytes);
}

function byteOrderMark(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

function controlShare(bytes: Uint8Array): number {
  let controls = 0;
  for (const byte of bytes) {
    // Tab to carriage return, and escape (terminal colours in logs), are at home in text files.
    if ((byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1b) || byte === 0x7f) {
      controls++;
    }
  }
  return bytes.length === 0 ? 0 : controls / bytes.length;
}

/** By its label; undefined where it is unknown. */
function encodingOf(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding;
  } catch (error) {
    if (NOT_IN_ENCODING.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Undefined where the encoding is unknown or the bytes are not in it. */
function decodeStrictly(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    const decoder = new TextDecoder(encoding, { fatal: true });
    return decoder.encoding === 'windows-1252' ? windows1252(bytes) : decoder.decode(bytes);
  } catch (error) {
    if (NOT_IN_ENCODING.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

const NOT_IN_ENCODING = new Set([
  'ERR_ENCODING_NOT_SUPPORTED',
  'ERR_ENCODING_INVALID_ENCODED_DATA',
]);

/** What 0x80 to 0x9f stand for. Source: Encoding standard, index windows-1252. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** Done here, because Node's decoder takes Windows-1252 for Latin-1 and loses quotation marks and dashes (tried with 20.20). */
function windows1252(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return latin1.replace(/[\x80-\x9f]/g, (c) => WINDOWS_1252[c.charCodeAt(0) - 0x80] ?? c);
}

function declaredCharset(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, HTML_CHARSET_WITHIN_BYTES)).toString('latin1');
  return /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)/i.exec(head)?.[1];
}

/** Neither valid UTF-8 nor declared: UTF-8 with a few broken bytes, or a western single-byte text. */
function decodeDamaged(bytes: Uint8Array): Decoded {
  const lenient = new TextDecoder('utf-8').decode(bytes);
  let replaced = 0;
  let beyondAscii = 0;
  for (const character of lenient) {
    if (character === '\ufffd') replaced++;
    else if (character > '\u007f') beyondAscii++;
  }
  if (beyondAscii > replaced) return { text: lenient };
  let high = 0;
  for (const byte of bytes) if (byte >= 0x80) high++;
  if (high / bytes.length > SINGLE_BYTE_HIGH_SHARE_MAX) return { notText: 'unknown_encoding' };
  return { text: windows1252(bytes) };
}
