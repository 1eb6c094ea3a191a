import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../contracts/package-root';
import { useTemporaryFolder } from '../support/document-folder';
import { onlySentence, tuesday } from './tuesday-process';

const folder = useTemporaryFolder();

/** Node as if it were of another version. */
function nodeOf(version: string): string[] {
  const file = join(folder.path(), 'version.cjs');
  writeFileSync(
    file,
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
  );
  return ['-r', file];
}

describe('the version of Node', () => {
  it.each(['0.10.48', '14.21.3', '18.20.0', '20.18.3'])(
    'refuses %s with one sentence and exit 2',
    async (version) => {
      const ended = await tuesday(['--version'], { nodeArgs: nodeOf(version) });
      expect(ended.exitCode).toBe(2);
      expect(onlySentence(ended)).toMatch(new RegExp(`Node ${version} is too old.*20\\.19\\.0`));
    },
  );

  it.each(['20.19.0', '20.20.2', '22.0.0', '100.0.0'])('takes %s', async (version) => {
    const { exitCode } = await tuesday(['--version'], { nodeArgs: nodeOf(version) });
    expect(exitCode).toBe(0);
  });

  it('is checked before anything that an old Node could not load, against the version of package.json', () => {
    const { engines } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
    const built = readFileSync(join(PACKAGE_ROOT, 'dist/cli/tuesday.js'), 'utf8');
    expect(built).toContain(`'${engines.node.replace('>=', '')}'`);
    const beforeTheCheck = built.slice(0, built.indexOf("require('./main')"));
    expect(beforeTheCheck).not.toMatch(/require\(|import |\?\.|\?\?|=>|async/);
  });
});
