import { invalid } from '../errors';
import {
  IMAGE_BYTES_MAX,
  IMAGE_SIDE_PIXELS_MAX,
  IMAGES_COUNT_MAX,
  IMAGES_SMALL_WINDOW_COUNT_MAX,
} from '../limits';
import type { ContentBlock, ImageBlock } from '../request/blocks';
import type { Rule } from './rule';

/** Number and size of images (API page 3.11). */
export const images: Rule = ({ turns, model }) => {
  const found = turns.flatMap((turn) => turn.blocks).flatMap(imagesIn);
  const most = model.contextTokensMax <= 200_000 ? IMAGES_SMALL_WINDOW_COUNT_MAX : IMAGES_COUNT_MAX;
  if (found.length > most) {
    throw invalid(`messages: too many images: ${found.length} > ${most}`);
  }
  for (const { source } of found) {
    if (source.type !== 'base64') continue;
    if (source.data.length > IMAGE_BYTES_MAX) {
      throw invalid(
        `messages: image exceeds 10 MB maximum: ${source.data.length} bytes > ${IMAGE_BYTES_MAX} bytes`,
      );
    }
    const sides = sidesOf(Buffer.from(source.data, 'base64'));
    if (sides.some((side) => side > IMAGE_SIDE_PIXELS_MAX)) {
      throw invalid(
        `messages: image dimensions ${sides.join(' x ')} exceed the maximum of ${IMAGE_SIDE_PIXELS_MAX} pixels`,
      );
    }
  }
};

function imagesIn(block: ContentBlock): ImageBlock[] {
  if (block.type === 'image') return [block];
  if (block.type !== 'tool_result' || !Array.isArray(block.content)) return [];
  return block.content.flatMap((part) => (part.type === 'image' ? [part] : []));
}

/** Width and height as the header states them; empty where it is not one of these formats. */
function sidesOf(bytes: Buffer): number[] {
  if (bytes.length >= 24 && bytes.toString('latin1', 1, 4) === 'PNG') {
    return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  }
  if (bytes.length >= 10 && bytes.toString('latin1', 0, 3) === 'GIF') {
    return [bytes.readUInt16LE(6), bytes.readUInt16LE(8)];
  }
  if (bytes.length >= 30 && bytes.toString('latin1', 8, 16) === 'WEBPVP8X') {
    return [bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1];
  }
  return bytes.length >= 4 && bytes.readUInt16BE(0) === 0xffd8 ? jpegSides(bytes) : [];
}

/** Walks the segments to the start of frame. */
function jpegSides(bytes: Buffer): number[] {
  let at = 2;
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)];
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return [];
}
