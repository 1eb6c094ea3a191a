import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { putJson } from '../../contracts/content';
import { writeFiles } from '../support/document-folder';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

describe('documents that cannot be read', () => {
  let test: TestTuesday;
  let folder: string;
  beforeAll(async () => {
    test = await startTestTuesday();
    folder = await mkdtemp(join(tmpdir(), 'tuesday-test-'));
  });
  afterAll(async () => {
    await test.stop();
    await rm(folder, { recursive: true });
  });
  const ask = { question: 'What is worth a note?', user: 'tester' };
  const reader = () => team([phase('only')], { documents: 'required' });

  it('end a run that has no other, which says what is wrong with each', async () => {
    writeFiles(folder, { 'scan.pdf': '%PDF-1.7 of nothing', 'blank.md': ' \n' });
    const run = await test.tuesday.startRun(reader(), { ...ask, documents: folder });
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('failed');
    expect(result.explanation).toContain('no document to work on');
    expect(result.limitations).toMatchObject([
      {
        kind: 'source_unavailable',
        count: 2,
        detail:
          '"blank.md" contains no text; "scan.pdf" is damaged or not what its file ending says',
      },
      { kind: 'phase_not_done', phase: 'only', failure: 'no_documents' },
    ]);
    expect(result.unavailableDocuments.map(({ name }) => name)).toEqual(['blank.md', 'scan.pdf']);
    expect(test.simulator.requests()).toEqual([]);
  });

  it('are no more than a limitation beside one that can', async () => {
    writeFiles(folder, { 'good.md': 'Good.' });
    const run = await test.tuesday.startRun(reader(), { ...ask, documents: folder });
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('completed_with_limitations');
    expect(result.limitations[0]?.detail).toContain('"scan.pdf" is damaged');
  });

  it('are told apart from a list of documents that is none, sent straight to Temporal', async () => {
    const { content } = test.ledger.ledger;
    const start = {
      teamSha256: await putJson(content, reader().definition),
      inputSha256: await putJson(content, { question: ask.question }),
      documentsSha256: await putJson(content, { files: [] }),
      user: 'tester',
      review: 'declared',
    };
    const handle = await test.temporal.workflow.start('teamRun', {
      workflowId: 'straight',
      taskQueue: test.taskQueue,
      args: [start],
    });
    await expect(handle.result()).rejects.toThrow();
    const { status, limitations } = await test.tuesday.getRun('straight');
    expect(status).toBe('failed');
    expect(limitations[0]?.detail).toContain('is not a source manifest');
  });
});
