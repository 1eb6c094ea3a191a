/** Examples of the documentation are compiled as they are shown, against what users get. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { builtFile, PACKAGE_ROOT } from '../contracts/package-root';
import { useTemporaryFolder } from './support/document-folder';

const PAGES = ['README.md', 'docs/api.md', 'docs/teams.md'];
const folder = useTemporaryFolder();

interface Example {
  /** As the first line names it (`// points.ts`), so that another example can import it. */
  file: string;
  code: string;
}

function examplesIn(page: string): Example[] {
  const text = readFileSync(join(PACKAGE_ROOT, page), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ''], index) => ({
    file: /^\/\/ (\S+\.ts)\n/.exec(code)?.[1] ?? `example-${index + 1}.ts`,
    code,
  }));
}

/** What the compiler says about examples, each page in a folder of its own; nothing when all is well. */
async function compile(pages: Record<string, Example[]>): Promise<string> {
  for (const [page, examples] of Object.entries(pages))
    for (const { file, code } of examples) folder.write({ [join(basename(page), file)]: code });
  const config = {
    compilerOptions: {
      target: 'es2023',
      module: 'preserve',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(PACKAGE_ROOT, 'node_modules/@types')],
      paths: {
        tuesday: [builtFile('client/index.d.ts')],
        'tuesday/teams': [builtFile('teams/index.d.ts')],
        zod: [join(PACKAGE_ROOT, 'node_modules/zod')],
      },
    },
  };
  folder.write({ 'tsconfig.json': JSON.stringify(config) });
  const tsc = join(PACKAGE_ROOT, 'node_modules/typescript/bin/tsc');
  return promisify(execFile)(process.execPath, [tsc, '-p', folder.path()]).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
}

describe('examples of the documentation', () => {
  it('compile as they are shown', async () => {
    const pages = Object.fromEntries(PAGES.map((page) => [page, examplesIn(page)]));
    expect(PAGES.filter((page) => pages[page]?.length === 0)).toEqual([]);
    expect(await compile(pages)).toBe('');
  }, 60_000);

  it('would not, if one named an output that its team has not', async () => {
    const [example] = examplesIn('README.md');
    const code = example?.code.replace('outputs.research', 'outputs.nothing') ?? '';
    expect(code).toContain('outputs.nothing');
    expect(await compile({ 'README.md': [{ file: 'wrong.ts', code }] })).toMatch(/nothing/);
  }, 60_000);
});
