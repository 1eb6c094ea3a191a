import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { type ExportedRun, exportRun } from '../../cli/export';
import { RUN_FILE } from '../../contracts/export-files';
import { report } from '../../teams';
import { writeRealDocuments } from '../support/real-documents';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

describe('the report team on hundreds of real files', () => {
  let test: TestTuesday;
  let folder: string;
  let run: ExportedRun;
  let published: string;
  const exported = (file: string) => readFile(join(folder, 'out', file));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tuesday-test-'));
    await mkdir(join(folder, 'documents'));
    writeRealDocuments(join(folder, 'documents'));
    test = await startTestTuesday();
    const handle = await test.tuesday.startRun(report, {
      question: 'How are schemas validated, and how are errors reported?',
      documents: join(folder, 'documents'),
      user: 'tester',
      skipUnreadable: true,
    });
    const result = await test.tuesday.result(handle);
    await exportRun(test.tuesday.content, result, join(folder, 'out'));
    run = JSON.parse((await exported(RUN_FILE)).toString('utf8'));
    published = (await exported('report.md')).toString('utf8');
  }, 60_000);
  afterAll(async () => {
    await test.stop();
    await rm(folder, { recursive: true });
  });

  it('reads at least 200 files of six types', async () => {
    const entries = await readdir(join(folder, 'documents'), {
      recursive: true,
      withFileTypes: true,
    });
    const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(files.filter((file) => extname(file) === '.md').length).toBeGreaterThan(150);
    expect(run.sources.length).toBeGreaterThanOrEqual(200);
    expect([...new Set(run.sources.map(({ name }) => extname(name).toLowerCase()))].sort()).toEqual(
      ['.csv', '.docx', '.html', '.md', '.pdf', '.txt'],
    );
    // Real folders hold files without text too: each one is named, and nothing else is lost.
    const { sources, unavailableDocuments, skippedFiles } = run;
    expect([...sources, ...unavailableDocuments, ...skippedFiles]).toHaveLength(files.length);
    expect(run.limitations).toEqual([
      {
        kind: 'source_unavailable',
        count: unavailableDocuments.length,
        detail: expect.stringContaining(`"${unavailableDocuments[0]?.name}" `),
      },
    ]);
    expect(run.status).toBe('completed_with_limitations');
  });

  it('quotes byte for byte what stands in the exported text of the named document', async () => {
    expect(run.findings.length).toBeGreaterThan(1);
    for (const { quote, document } of run.findings) {
      const sources = run.sources.filter(({ name }) => name === document);
      expect(sources).toHaveLength(1);
      const text = await exported(sources[0]?.text ?? '');
      expect({ quote, found: text.includes(Buffer.from(quote)) }).toEqual({ quote, found: true });
    }
  });

  it('answers from more than one document', () => {
    expect(new Set(run.findings.map(({ document }) => document)).size).toBeGreaterThan(1);
  });

  it('cites only findings that stand in the list of sources, each with its quote', () => {
    const [body = '', sources = ''] = published.split('\n## Sources\n');
    const cited = new Set([...body.matchAll(/\[(F\d+)\]/g)].map(([, id]) => id));
    expect(cited.size).toBeGreaterThan(1);
    for (const id of cited) {
      const finding = run.findings.find((candidate) => candidate.id === id);
      expect(sources).toContain(
        `- **[${id}]** ${finding?.document}, line ${finding?.line}: “${finding?.quote}”`,
      );
    }
    // Each paragraph and key point of the report rests on something.
    const outputs = run.outputs as unknown as Record<string, { output: Record<string, unknown> }>;
    const citing = JSON.stringify([outputs.writing?.output, outputs.publishing?.output]);
    for (const [, ids = ''] of citing.matchAll(/"citations":\[([^\]]*)\]/g))
      for (const id of JSON.parse(`[${ids}]`)) expect(cited).toContain(id);
  });
});
