import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { builtFile } from '../../contracts/package-root';

describe('builtFile', () => {
  it('finds compiled files from sources', () => {
    const file = builtFile('activities/documents/extraction-worker.js');
    expect(isAbsolute(file)).toBe(true);
    expect(existsSync(file)).toBe(true);
  });

  it('says what to do when the file is missing', () => {
    expect(() => builtFile('activities/none.js')).toThrow(
      'The file dist/activities/none.js is missing: run "npm run build".',
    );
  });
});
