import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { report } from '../../teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const DOCUMENTS = join(__dirname, '..', '..', 'node_modules', 'zod');

describe.each([
  ['with workflows cached', 100],
  ['replaying every workflow task', 0],
])('the report team, %s', (_name, cachedWorkflowsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({ cachedWorkflowsMax });
  });
  afterAll(() => test.stop());

  it('turns documents and a question into a report whose quotes and citations hold', async () => {
    const run = await test.tuesday.startRun(report, {
      question: 'How does zod parse and validate objects?',
      documents: DOCUMENTS,
      user: 'tester',
    });
    const result = await test.tuesday.result(run);

    expect(result.status).toBe('completed');
    const findings = result.outputs.research?.output.findings ?? [];
    expect(findings.length).toBeGreaterThan(1);
    for (const { quote, document } of findings) {
      const source = result.documents.find(({ name }) => name === document);
      const { bytes } = await test.tuesday.content.get(source?.textSha256 ?? '');
      expect(bytes.toString('utf8')).toContain(quote);
    }
    const ids = new Set(findings.map(({ id }) => id));
    for (const section of result.outputs.writing?.output.sections ?? [])
      for (const { citations } of section.paragraphs)
        for (const id of citations) expect(ids).toContain(id);

    const [published] = result.published;
    const file = await readFile(join(test.publishDir, published?.path ?? ''));
    expect(createHash('sha256').update(file).digest('hex')).toBe(published?.sha256);
    expect(file.toString('utf8')).toContain('Models: offline simulator');
  });

  it('books exactly what the simulator bills', async () => {
    const run = await test.tuesday.startRun(report, {
      question: 'What is a schema?',
      documents: DOCUMENTS,
      user: 'tester',
    });
    await test.tuesday.result(run);
    const billed = test.simulator
      .bill()
      .filter((line) => JSON.stringify(line).includes(run.id))
      .map(({ requestId }) => requestId);
    const settled = (await test.tuesday.trace(run.id)).flatMap(({ kind, calls }) =>
      kind === 'model' ? calls.map(({ requestId, status }) => `${status} ${requestId}`) : [],
    );
    expect(settled.sort()).toEqual(billed.map((id) => `settled ${id}`).sort());
  });
});
