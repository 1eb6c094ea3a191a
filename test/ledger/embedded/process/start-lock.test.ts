import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withStartLock } from '../../../../ledger/embedded/process/start-lock';
import { runChildScript } from '../../../support/child-script';
import { temporaryFolders } from '../../../support/shared-folders';

const temporaryFolder = temporaryFolders();
const patient = { waitMsMax: 30_000 };

/** Every holder notes its coming and going: a second coming before a going is a broken lock. */
function overlaps(notes: string): boolean {
  const lines = notes.trim().split('\n');
  return lines.some((line, i) => line !== (i % 2 === 0 ? 'in' : 'out'));
}

describe('the lock around starts', () => {
  it('lets one call at a time in, within a process', async () => {
    const base = join(await temporaryFolder(), 'start');
    const notes = `${base}.notes`;
    await Promise.all(
      Array.from({ length: 20 }, () =>
        withStartLock(base, patient, async () => {
          await appendFile(notes, 'in\n');
          await appendFile(notes, 'out\n');
        }),
      ),
    );
    const text = await readFile(notes, 'utf8');
    expect(text.split('\n')).toHaveLength(41);
    expect(overlaps(text)).toBe(false);
  });

  it('lets one process at a time in, and leaves no more than two small files', async () => {
    const folder = await temporaryFolder();
    const base = join(folder, 'start');
    const notes = join(folder, 'notes');
    const scripts = Array.from({ length: 4 }, () =>
      runChildScript(
        { base, notes },
        `const { withStartLock } = load('ledger/embedded/process/start-lock');
         const { appendFileSync } = require('node:fs');
         for (let i = 0; i < 50; i += 1) {
           await withStartLock(input.base, { waitMsMax: 30_000 }, async () => {
             appendFileSync(input.notes, 'in\\n');
             await new Promise(setImmediate);
             appendFileSync(input.notes, 'out\\n');
           });
         }`,
      ),
    );
    expect(await Promise.all(scripts.map((script) => script.ended()))).toEqual([0, 0, 0, 0]);
    const text = await readFile(notes, 'utf8');
    expect(text.trim().split('\n')).toHaveLength(400);
    expect(overlaps(text)).toBe(false);
    expect((await readdir(folder)).filter((name) => name !== 'notes').length).toBeLessThanOrEqual(
      2,
    );
  });

  it('is free again when its holder was killed', async () => {
    const base = join(await temporaryFolder(), 'start');
    const holder = runChildScript(
      { base },
      `const { withStartLock } = load('ledger/embedded/process/start-lock');
       await withStartLock(input.base, { waitMsMax: 1000 }, async () => {
         tell('held');
         await heard();
       });`,
    );
    await holder.next();
    const waits: number[] = [];
    const second = withStartLock(
      base,
      { waitMsMax: 30_000, onWait: ({ pid }) => waits.push(pid) },
      async () => 'mine',
    );
    await holder.kill();
    expect(await second).toBe('mine');
    expect(new Set(waits).size).toBeLessThanOrEqual(1);
  });

  it('gives up with a conflict that names the holder', async () => {
    const base = join(await temporaryFolder(), 'start');
    await withStartLock(base, patient, async () => {
      await expect(
        withStartLock(base, { waitMsMax: 50 }, async () => 'never'),
      ).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining(`process ${process.pid} `),
      });
    });
  });

  it('is released when the work throws', async () => {
    const base = join(await temporaryFolder(), 'start');
    const failing = withStartLock(base, patient, async () => {
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(await withStartLock(base, { waitMsMax: 1000 }, async () => 'next')).toBe('next');
  });
});
