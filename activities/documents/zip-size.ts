import { inflateRawSync } from 'node:zlib';

/** Signatures and offsets of the ZIP format. Source: PKWARE APPNOTE 6.3.10, 4.3.7, 4.3.12 and 4.3.16. */
const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const COMMENT_BYTES_MAX = 0xffff;
const DIRECTORY_ENTRY = 0x02014b50;
const DIRECTORY_ENTRY_BYTES = 46;
const LOCAL_HEADER_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;

/**
 * Whether all parts of a zip archive together unpack to at most `bytesMax`. It unpacks each of them
 * to see, because the sizes that an archive states of itself may be lies.
 * @throws Error (RangeError included) when it is no zip archive, or a damaged one
 */
export function unpacksWithin(zip: Buffer, bytesMax: number): boolean {
  const end = endOfDirectory(zip);
  const entries = zip.readUInt16LE(end + 10);
  let entry = zip.readUInt32LE(end + 16);
  let bytesLeft = bytesMax;
  for (let i = 0; i < entries; i++) {
    if (zip.readUInt32LE(entry) !== DIRECTORY_ENTRY) throw new Error('no entry in the directory');
    const unpacked = unpackedBytes(zip, entry, bytesLeft);
    if (unpacked === undefined || unpacked > bytesLeft) return false;
    bytesLeft -= unpacked;
    const variable = [28, 30, 32].map((offset) => zip.readUInt16LE(entry + offset));
    entry += DIRECTORY_ENTRY_BYTES + variable.reduce((sum, bytes) => sum + bytes, 0);
  }
  return true;
}

function endOfDirectory(zip: Buffer): number {
  const first = Math.max(0, zip.length - END_BYTES - COMMENT_BYTES_MAX);
  for (let at = zip.length - END_BYTES; at >= first; at--) {
    if (zip.readUInt32LE(at) === END_OF_DIRECTORY) return at;
  }
  throw new Error('no zip archive');
}

/** Bytes of one part, undefined when there are more than `bytesMax`. */
function unpackedBytes(zip: Buffer, entry: number, bytesMax: number): number | undefined {
  const method = zip.readUInt16LE(entry + 10);
  const packed = zip.readUInt32LE(entry + 20);
  const header = zip.readUInt32LE(entry + 42);
  const data =
    header + LOCAL_HEADER_BYTES + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  if (method === STORED) return packed;
  if (method !== DEFLATED) throw new Error('a compression that Word does not use');
  try {
    // A maximum of 0 would be refused as an option.
    const options = { maxOutputLength: Math.max(1, bytesMax) };
    return inflateRawSync(zip.subarray(data, data + packed), options).length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw error;
  }
}
