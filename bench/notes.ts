/** A folder of documents to measure with: notes of one subject that differ in what they say. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const NOTES_COUNT = 200;

/** Writes the notes below `folder` and returns it. */
export async function writeNotes(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (let index = 1; index <= NOTES_COUNT; index++) {
    const number = String(index).padStart(3, '0');
    const text = [
      `# Station ${number}`,
      '',
      `Station ${number} measured ${index * 7} mm of rain and ${index * 3} hours of frost.`,
      `Its gauge was read ${index % 12} times in the year.`,
      '',
    ].join('\n');
    await writeFile(join(folder, `station-${number}.md`), text);
  }
  return folder;
}
