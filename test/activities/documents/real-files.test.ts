/** The whole way of documents, on the hundreds of real files that the installed packages bring. */
import { cpSync, readdirSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { createDocumentSearch } from '../../../activities/documents/document-search';
import { createExtractionPool } from '../../../activities/documents/extraction-pool';
import { createIngest } from '../../../activities/documents/ingest';
import { collectDocuments } from '../../../client/documents';
import { getJson, getText } from '../../../contracts/content';
import type { DocumentManifest } from '../../../contracts/documents';
import { findQuote } from '../../../domain/quotes';
import { useTemporaryFolder } from '../../support/document-folder';
import { MemoryContentStore } from '../../support/memory-content-store';

const PACKAGES = join(__dirname, '../../../node_modules');
const ENDINGS = new Set(['.md', '.html', '.txt', '.docx']);
const QUERIES = [
  'retry after a timeout',
  'JSON schema validation',
  'MIT License',
  'worker threads',
];

const folder = useTemporaryFolder();
const pool = createExtractionPool();
const content = new MemoryContentStore();
const search = createDocumentSearch(content);
afterAll(() => Promise.all([pool.close(), search.close()]));

it('reads hundreds of real files, and every passage found stands in its document where it says', async () => {
  copyDocuments(folder.path());
  const { manifest, manifestSha256 } = await collectDocuments(folder.path(), content, {
    skipUnreadable: true,
  });
  expect(manifest.documents.length).toBeGreaterThan(200);
  const started = performance.now();
  const extractions = { get: async () => undefined, put: async () => {} };
  const ingest = createIngest({ content, extractions, pool });
  const context = { signal: new AbortController().signal, heartbeat: () => {} };
  const { documentsSha256, documents, unavailable } = await ingest(manifestSha256, context);
  expect(documents + unavailable).toBe(manifest.documents.length);
  expect(unavailable).toBeLessThan(documents / 20);

  const ingested = await getJson<DocumentManifest>(content, documentsSha256);
  const texts = new Map<string, string>();
  for (const { name, textSha256 } of ingested.documents) {
    const text = await getText(content, textSha256);
    expect(text).not.toMatch(/\r|\0|\n{3}|[ \t]\n|^\n|\n$/);
    texts.set(name, text);
  }
  for (const query of QUERIES) {
    const { passages } = await search.search(documentsSha256, query, 20);
    expect(passages).toHaveLength(20);
    expect(new Set(passages.map(({ document }) => document)).size).toBeGreaterThanOrEqual(10);
    for (const { document, line, text } of passages) {
      const whole = texts.get(document) ?? '';
      expect(findQuote(whole, text)).toBeDefined();
      const lines = whole.split('\n').slice(line - 1);
      const column = lines.join('\n').indexOf(text);
      expect(column).toBeGreaterThanOrEqual(0);
      expect(column).toBeLessThan(lines[0]?.length ?? 0);
    }
  }
  expect(performance.now() - started).toBeLessThan(30_000);
});

/** Copies them, since `node_modules` in a folder is not looked at. */
function copyDocuments(to: string): void {
  for (const file of readdirSync(PACKAGES, { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || !ENDINGS.has(extname(file.name))) continue;
    const path = join(file.parentPath, file.name);
    const name = relative(PACKAGES, path).replaceAll('node_modules', 'packages');
    cpSync(path, join(to, name.replace(/(^|\/)\./g, '$1dot-')), { recursive: true });
  }
}
