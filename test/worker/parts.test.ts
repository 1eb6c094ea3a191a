import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runChildScript } from '../support/child-script';
import { useTemporaryFolder } from '../support/document-folder';

const folder = useTemporaryFolder();

describe('a log on a full disk', () => {
  it('is said once, and ends neither the process nor its way out', async () => {
    // Every write to this device fails with ENOSPC.
    symlinkSync('/dev/full', join(folder.path(), 'tuesday.log'));
    const child = runChildScript(
      { dataDir: folder.path() },
      `
      const { compose } = load('worker/parts');
      const said = [];
      const heardOf = new Promise((resolve) => {
        input.onProgress = (line) => { said.push(line); resolve(); };
      });
      const composed = await compose({ ...input, env: {} }, async (parts, log) => ({ log }));
      composed.log.error('first');
      await heardOf;
      for (let i = 0; i < 100; i++) {
        composed.log.error('x'.repeat(20_000));
        await new Promise((resolve) => setImmediate(resolve));
      }
      composed.log.error('last');
      await composed.stop();
      // The SDK's runtime keeps the process from ending by itself.
      process.send(said, () => process.exit(0));
      `,
    );
    const said = await child.next<string[]>();
    expect(said).toEqual([expect.stringMatching(/tuesday\.log cannot be written \(ENOSPC\)/)]);
    expect(await child.ended()).toBe(0);
  });
});
