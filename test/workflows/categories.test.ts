/** Data categories and confidence on their way through a run: declared, detected, inherited, corrected. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { getJson } from '../../contracts/content';
import type { DocumentManifest } from '../../contracts/documents';
import type { RunView } from '../../contracts/views';
import { writeFiles } from '../support/document-folder';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { startWebServer, type WebServer } from '../support/web-server';

const SURE = {
  type: 'object',
  properties: { note: { type: 'string' }, confidence: { type: 'number', minimum: 0, maximum: 1 } },
  required: ['note', 'confidence'],
  additionalProperties: false,
};
const LETTER =
  'The tower of Pisa leans. Write to Ada at ada@analytical-engine.org about the tower.';
const IBAN = 'DE89370400440532013000';

let test: TestTuesday;
let web: WebServer;
let folder: string;
let run: RunView;

/** research reads documents and a source; analysis and aside know nothing else; writing gets analysis. */
const TEAM = team(
  [
    phase('research', {
      tools: ['search_documents', 'read_document', 'fetch_url'],
      produces: SURE,
    }),
    phase('aside', { produces: SURE }),
    phase('analysis', { needs: ['research'], produces: SURE }),
    phase('writing', { needs: ['analysis', 'aside'], produces: SURE }),
  ],
  { documents: 'required', documentCategories: ['health'] },
);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuesday-test-'));
  writeFiles(folder, {
    'letter.md': LETTER,
    'plain.md': 'A tower.',
    'scan.pdf': '%PDF-1.7 of nothing',
  });
  web = await startWebServer();
  web.pages['/accounts'] = (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/plain' }).end(`The account is ${IBAN}.`);
  test = await startTestTuesday({
    sources: { ledger: { kind: 'http', origin: web.origin, categories: ['confidential'] } },
  });
  const say = (name: string, fields: Record<string, string | number>) =>
    test.simulator.addFault({ kind: 'answer_fields', phase: name, fields });
  test.simulator.addFault({
    kind: 'tool_calls',
    phase: 'research',
    turn: 1,
    calls: [{ name: 'fetch_url', input: { url: `${web.origin}/accounts` } }],
  });
  say('research', { note: 'The tower leans.', confidence: 0.9 });
  say('aside', { note: 'A secret: postgres://a:hunter2x@db.corp.net/x', confidence: 0.8 });
  say('analysis', { note: 'It leans.', confidence: 0.8 });
  say('writing', { note: 'It leans.', confidence: 0.7 });
  const started = await test.tuesday.startRun(TEAM, {
    question: 'Does the tower lean?',
    user: 'tester',
    documents: folder,
  });
  await test.tuesday.result(started);
  run = await test.tuesday.getRun(started.id);
}, 60_000);
afterAll(async () => {
  await test.stop();
  await web.close();
  await rm(folder, { recursive: true });
});

const known = (name: string) => run.phases.find((one) => one.name === name);

describe('data categories', () => {
  it('stand in the manifest beside each document, as they are detected', async () => {
    const manifest = await getJson<DocumentManifest>(
      test.ledger.ledger.content,
      run.documentsSha256 ?? '',
    );
    expect(manifest.documents.map(({ name, categories }) => [name, categories])).toEqual([
      ['letter.md', { personal: ['detected email address'] }],
      ['plain.md', undefined],
    ]);
  });

  it('are those of documents that could be read, of sources that were, and of what is seen', () => {
    expect(known('research')?.categories).toEqual({
      personal: expect.arrayContaining(['documents']),
      health: ['documents'],
      financial: ['detected bank account (IBAN)'],
      confidential: ['source ledger'],
    });
    expect(known('aside')?.categories).toEqual({ credentials: ['detected password in a URL'] });
  });

  it('go on to whatever is made of an output, and no further', () => {
    const research = ['phase research'];
    expect(known('analysis')?.categories).toEqual({
      personal: research,
      health: research,
      financial: research,
      confidential: research,
    });
    const analysis = ['phase analysis'];
    expect(known('writing')?.categories).toEqual({
      ...{ personal: analysis, health: analysis, financial: analysis, confidential: analysis },
      credentials: ['phase aside'],
    });
  });

  it('stand in the outcome of the tool’s step', async () => {
    const steps = await test.tuesday.trace(run.id);
    const fetched = steps.find(({ name }) => name === 'fetch_url');
    expect(await getJson(test.ledger.ledger.content, fetched?.outcomeSha256 ?? '')).toMatchObject({
      categories: {
        financial: ['detected bank account (IBAN)'],
        confidential: ['source ledger'],
      },
    });
  });
});

describe('a confidence', () => {
  it('falls with a document that could not be read, and so does what rests on it', () => {
    expect(known('research')?.confidence).toEqual({
      stated: 0.9,
      corrected: 0.81,
      because: ['a document could not be read'],
    });
    expect(known('aside')?.confidence).toEqual({ stated: 0.8, corrected: 0.8, because: [] });
    expect(known('analysis')?.confidence).toEqual({
      stated: 0.8,
      corrected: 0.72,
      because: ['an input is less sure than stated'],
    });
    expect(known('writing')?.confidence).toMatchObject({ stated: 0.7, corrected: 0.63 });
  });
});

describe('both', () => {
  it('stand in the result beside each output', async () => {
    const { outputs } = await test.tuesday.result(run.id);
    expect(Object.keys(outputs).sort()).toEqual(['analysis', 'aside', 'research', 'writing']);
    for (const [name, output] of Object.entries(outputs))
      expect({ confidence: output?.confidence, categories: output?.categories }).toEqual({
        confidence: known(name)?.confidence,
        categories: known(name)?.categories,
      });
  });

  it('can be asked for across runs', async () => {
    const client = new pg.Client({ connectionString: test.databaseUrl });
    await client.connect();
    const { rows } = await client.query(
      `SELECT phase, stated_confidence AS stated, corrected_confidence AS corrected, doubts, output_sha256
       FROM accepted_outputs WHERE workflow_id = $1 AND 'financial' = ANY(categories)
       ORDER BY corrected_confidence`,
      [run.id],
    );
    await client.end();
    expect(rows.map(({ phase: name }) => name)).toEqual(['writing', 'analysis', 'research']);
    expect(rows[2]).toEqual({
      phase: 'research',
      stated: 0.9,
      corrected: 0.81,
      doubts: [{ kind: 'documents_unread', count: 1 }],
      output_sha256: known('research')?.outputSha256,
    });
  });

  it('are taken over by a fork, and an edit holds what it was written after', async () => {
    const research = await getJson<object>(
      test.ledger.ledger.content,
      known('research')?.outputSha256 ?? '',
    );
    const fork = await test.tuesday.fork(run.id, {
      user: 'tester',
      from: 'writing',
      outputs: { aside: { note: `Pay ${IBAN}.`, confidence: 0.8 } },
    });
    await test.tuesday.result(fork);
    const { phases } = await test.tuesday.getRun(fork.id);
    const of = (name: string) => phases.find((one) => one.name === name);
    expect(of('research')).toMatchObject({
      confidence: known('research')?.confidence,
      categories: known('research')?.categories,
    });
    expect(research).toMatchObject({ confidence: 0.9 });
    expect(of('aside')?.categories).toEqual({
      financial: ['detected bank account (IBAN)'],
      credentials: ['detected password in a URL'],
    });
    expect(of('aside')?.confidence).toBeUndefined();
    expect(of('writing')?.categories?.financial).toEqual(['phase analysis', 'phase aside']);
  });
});
