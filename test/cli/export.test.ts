import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportRun, prepareOutFolder } from '../../cli/export';
import { textFileNames } from '../../cli/text-file-names';
import { putText, sha256Of } from '../../contracts/content';
import type { RunResult } from '../../contracts/views';
import { useTemporaryFolder } from '../support/document-folder';
import { MemoryContentStore } from '../support/memory-content-store';

const folder = useTemporaryFolder();
const content = new MemoryContentStore();

async function resultOf(
  texts: Record<string, string>,
  outputs: RunResult['outputs'],
  published: Record<string, string> = {},
): Promise<RunResult> {
  const stored = (entries: Record<string, string>) =>
    Promise.all(
      Object.entries(entries).map(async ([name, text]) => ({
        name,
        text,
        sha256: await putText(content, text),
      })),
    );
  return {
    run: 'r',
    team: 't',
    version: '1',
    status: 'completed',
    explanation: 'Done.',
    provider: 'nobody',
    question: 'Why?',
    startedAt: '2026-11-20T00:00:00.000Z',
    endedAt: '2026-11-20T00:00:01.000Z',
    completedPhases: Object.keys(outputs),
    outputs,
    partialOutputs: {},
    limitations: [],
    withheld: [],
    recoveries: [],
    costs: { budgetMicroUsd: 1, settledMicroUsd: 0, unsettledMicroUsd: 0, byPhase: {} },
    documents: (await stored(texts)).map(({ name, text, sha256 }) => ({
      name,
      sha256: sha256Of(`original of ${name}`),
      textSha256: sha256,
      characters: text.length,
    })),
    unavailableDocuments: [],
    skippedFiles: [],
    published: (await stored(published)).map(({ name, text, sha256 }) => ({
      path: name,
      sha256,
      bytes: text.length,
    })),
  };
}
const output = (value: unknown) => ({ sha256: sha256Of('x'), output: value });

describe('the export of a run', () => {
  it('finds quotes in any output of any team, and says where they stand', async () => {
    const result = await resultOf(
      { 'a.md': 'first\nsecond 🙂 line\nthird', 'deep/b.txt': 'only' },
      {
        one: output({ list: [{ quote: '🙂 line', document: 'a.md', id: 'F1' }], note: 'x' }),
        two: output({ inner: { quote: 'only', document: 'deep/b.txt', more: { deep: true } } }),
        three: output([
          { quote: 'never said', document: 'a.md' },
          { quote: 'third', document: 'gone.md' },
          { quote: 1, document: 'a.md' },
          { quote: 'third' },
        ]),
      },
    );
    const { run } = await exportRun(content, result, folder.path());
    expect(run.findings).toEqual([
      {
        phase: 'one',
        at: '/list/0',
        id: 'F1',
        quote: '🙂 line',
        document: 'a.md',
        line: 2,
        offset: 13,
      },
      {
        phase: 'two',
        at: '/inner',
        quote: 'only',
        document: 'deep/b.txt',
        more: { deep: true },
        line: 1,
        offset: 0,
      },
      { phase: 'three', at: '/0', quote: 'never said', document: 'a.md', line: null, offset: null },
      { phase: 'three', at: '/1', quote: 'third', document: 'gone.md', line: null, offset: null },
    ]);
    expect(JSON.parse(readFileSync(join(folder.path(), 'run.json'), 'utf8'))).toEqual(run);
    expect(readFileSync(join(folder.path(), 'texts/deep/b.txt.txt'), 'utf8')).toBe('only');
  });

  it('writes published files under their own names, without the folder of the run', async () => {
    const result = await resultOf({}, {}, { 'run-1/report.md': '# R', 'run-1/sub/data.csv': 'a' });
    const { published } = await exportRun(content, result, folder.path());
    expect(published).toEqual([
      join(folder.path(), 'report.md'),
      join(folder.path(), 'sub/data.csv'),
    ]);
    expect(readFileSync(join(folder.path(), 'report.md'), 'utf8')).toBe('# R');
  });

  it('keeps documents apart whose names a file system may not', async () => {
    const texts = { 'A.md': '1', 'a.md': '2', 'x.md': '3', 'x.md.txt/y.md': '4' };
    const { run } = await exportRun(content, await resultOf(texts, {}), folder.path());
    const files = run.sources.map(({ name, text }) => [
      name,
      readFileSync(join(folder.path(), text), 'utf8'),
    ]);
    expect(Object.fromEntries(files)).toEqual(texts);
    expect(new Set(run.sources.map(({ text }) => text.toLowerCase())).size).toBe(4);
  });

  it('takes names that are no file names, or one and the same to some file system', async () => {
    const texts = {
      'caf\u00e9.md': '1',
      'cafe\u0301.md': '2',
      'STRASSE.md': '3',
      'straße.md': '4',
      'a\\b:c?.md': '5',
      'nul\0.md': '6',
      '..': '7',
      'dots. . ': '8',
      [`${'long'.repeat(125)}.md`]: '9',
      [`${'ü'.repeat(254)}.md`]: '10',
    };
    const { run } = await exportRun(content, await resultOf(texts, {}), folder.path());
    const written = run.sources.map(({ name, text }) => [
      name,
      readFileSync(join(folder.path(), text), 'utf8'),
    ]);
    expect(Object.fromEntries(written)).toEqual(texts);
    for (const { text } of run.sources) expect(text).toMatch(/^texts\/[^\\:?\0]+\.txt$/);
    const folded = run.sources.map(({ text }) => text.normalize('NFC').toUpperCase());
    expect(new Set(folded).size).toBe(run.sources.length);
  });

  it('gives the same names each time, and thousands of them in time', () => {
    const names = Array.from(
      { length: 5_000 },
      (_, i) => `same/${i % 50 === 0 ? 'A' : `b${i}`}.md`,
    );
    const began = performance.now();
    const files = textFileNames(names);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(new Set(files).size).toBe(5_000);
    expect(textFileNames(names)).toEqual(files);
    expect(files.slice(0, 51)).toEqual(
      expect.arrayContaining(['same/A.md.txt', 'same+A.md.2.txt']),
    );
  });

  it('never writes outside of its folder', async () => {
    const out = join(folder.path(), 'out');
    const result = await resultOf({ '../../up.md': 'x' }, {}, { 'run-1/../../evil.md': 'x' });
    await expect(exportRun(content, result, out)).rejects.toThrow(/outside/);
    expect(readdirSync(folder.path())).toEqual(['out']);
  });

  it('makes its folder, and says what is wrong with one that cannot be', async () => {
    await prepareOutFolder(join(folder.path(), 'new/deep'));
    expect(readdirSync(join(folder.path(), 'new'))).toEqual(['deep']);
    folder.write({ file: 'x' });
    for (const path of ['file', 'file/below'])
      await expect(prepareOutFolder(join(folder.path(), path))).rejects.toMatchObject({
        kind: 'bad_input',
        message: expect.stringContaining('--out'),
      });
    mkdirSync(join(folder.path(), 'blocked/report.md'), { recursive: true });
    const result = await resultOf({}, {}, { 'run-1/report.md': 'x' });
    await expect(exportRun(content, result, join(folder.path(), 'blocked'))).rejects.toMatchObject({
      kind: 'bad_input',
    });
  });
});
