/**
 * Imports go one way. Violations are planted into a copy of this repository, and Biome, with the
 * repository's own configuration, has to refuse each of them by the name of its file.
 */
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const REPOSITORY = join(__dirname, '..');
const BIOME = require.resolve('@biomejs/biome/bin/biome');
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** What each folder may import of ours, be it only types. */
const MAY_IMPORT: Record<string, string[]> = {
  contracts: [],
  simulator: [],
  scripts: [],
  domain: ['contracts'],
  teams: ['contracts'],
  client: ['contracts'],
  workflows: ['contracts', 'domain'],
  activities: ['contracts', 'domain'],
  ledger: ['contracts', 'domain'],
  console: ['contracts', 'client'],
  worker: 'contracts domain activities ledger client console simulator teams'.split(' '),
  cli: ['contracts', 'domain', 'client', 'teams', 'worker'],
  bench: 'contracts domain client teams worker ledger simulator'.split(' '),
};
const OURS = [...Object.keys(MAY_IMPORT), 'test'];
/** Folders that hold no code of ours. */
const NO_CODE = ['boundaries', 'dist', 'docs', 'node_modules', 'ops'];

/** Every way to name a module. */
const FORMS: Record<string, string> = {
  import: `import { x } from 'PATH';\nexport const y = x;`,
  'import of a type': `import type { X } from 'PATH';\nexport type Y = X;`,
  'import for its effects': `import 'PATH';`,
  're-export': `export { x } from 'PATH';`,
  're-export of a type': `export type { X } from 'PATH';`,
  're-export of everything': `export * from 'PATH';`,
  'dynamic import': `export const x = () => import('PATH');`,
  'dynamic import by a template': 'export const x = () => import(`PATH`);',
  'type by import()': `export type X = import('PATH').X;`,
  'type by typeof import()': `export type X = typeof import('PATH');`,
  require: `export const x = require('PATH');`,
  'import by require': `import x = require('PATH');\nexport const y = x;`,
  'require.resolve': `export const x = require.resolve('PATH');`,
};

const form = (name: string, path: string): string =>
  (FORMS[name] as string).replace('PATH', () => path);
const importOf = (path: string): string => form('import', path);

interface Plant {
  file: string;
  text: string;
  /** What Biome has to say, or null where it must say nothing. */
  refusal: RegExp | null;
}

const plants: Plant[] = [];
/** Notes a plant; returns how a test asks for it. */
function plant(folder: string, text: string, refusal: RegExp | null): () => void {
  const file = `${folder}/planted-${plants.length}.ts`;
  plants.push({ file, text: `${text}\n`, refusal });
  return () => {
    const said = diagnostics.get(file) ?? [];
    if (refusal === null) expect(said).toEqual([]);
    else expect(said).toContainEqual(expect.stringMatching(refusal));
  };
}

let copy: string;
let diagnostics: Map<string, string[]>;
let untouched: Map<string, string[]>;

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'tuesday-boundaries-'));
  cpSync(REPOSITORY, copy, {
    recursive: true,
    filter: (path) => !/^(node_modules|dist|\.git|\.tuesday.*)$/.test(basename(path)),
  });
  untouched = await boundaryErrors();
  for (const { file, text } of plants) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), text);
  }
  appendFileSync(join(copy, 'contracts/limits.ts'), importOf('zod'));
  appendFileSync(join(copy, 'contracts/ids.ts'), importOf('./content'));
  diagnostics = await boundaryErrors();
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

const BOUNDARY = /^(plugin|lint\/.*\/(noRestrictedGlobals|noProcessEnv|noImportCycles))$/;

/** By file, relative to the copy. */
async function boundaryErrors(): Promise<typeof untouched> {
  const args = [BIOME, 'lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const output = await new Promise<string>((resolve) =>
    execFile(process.execPath, args, { cwd: copy, maxBuffer: OUTPUT_BYTES_MAX }, (_, stdout) =>
      resolve(stdout),
    ),
  );
  const report = JSON.parse(output) as {
    diagnostics: {
      severity: string;
      category: string;
      message: string;
      location: { path: string };
    }[];
  };
  const found = new Map<string, string[]>();
  for (const { severity, category, message, location } of report.diagnostics)
    if (severity === 'error' && BOUNDARY.test(category))
      found.set(location.path, [...(found.get(location.path) ?? []), `${category}: ${message}`]);
  return found;
}

describe('the tree', () => {
  it('breaks no boundary', () => {
    expect([...untouched]).toEqual([]);
  });

  it('has no folder for which nobody has decided what it may import', () => {
    const folders = readdirSync(REPOSITORY, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
    expect(folders.filter((name) => ![...OURS, ...NO_CODE].includes(name))).toEqual([]);
  });
});

describe.each(Object.entries(MAY_IMPORT))('%s/', (from, allowed) => {
  for (const to of OURS.filter((folder) => folder !== from)) {
    const refusal = allowed.includes(to) ? null : new RegExp(`^plugin: .*${to}/`);
    const words = refusal ? 'may not import' : 'may import';
    it(`${words} ${to}/`, plant(from, form('import of a type', `../${to}/x`), refusal));
    it(
      `${words} ${to}/ from a folder of its own`,
      plant(`${from}/inner`, form('import of a type', `../../${to}/x`), refusal),
    );
  }
});

describe('a boundary holds for every way to name a module', () => {
  for (const name of Object.keys(FORMS))
    it(name, plant('workflows', form(name, '../activities'), /activities\//));
  for (const path of [
    './../activities/x',
    '../contracts/../activities/x',
    '..//activities/x',
    '../dist/activities/x',
  ])
    it(`the path ${path}`, plant('workflows', importOf(path), /activities\//));
  it(
    'but a module of its own may have the name of a folder',
    plant('cli', importOf('./commands/teams'), null),
  );
});

describe('domain/ is pure', () => {
  for (const name of ['zod', 'node:fs', 'fs', '@temporalio/workflow'])
    for (const way of Object.keys(FORMS))
      it(`${way}: ${name}`, plant('domain', form(way, name), /^plugin: this module is pure/));
  for (const code of [
    'Date.now()',
    'new Date()',
    'performance.now()',
    'globalThis.Date',
    'process.uptime()',
    'crypto.randomUUID()',
    'setTimeout(() => 1, 1)',
    'fetch("x")',
  ])
    it(code, plant('domain', `export const x = ${code};`, /noRestrictedGlobals/));
  for (const code of [
    'Math.random()',
    "Math['random']()",
    '(() => { const m = Math; return m; })()',
  ])
    it(code, plant('domain', `export const x = ${code};`, /^plugin: domain\/ knows no randomness/));
  it('but may calculate', plant('domain', 'export const x = Math.max(1, 2);', null));
});

describe('workflows/', () => {
  for (const name of ['zod', 'node:crypto', 'crypto', '@temporalio/client', '@temporalio/activity'])
    it(`may not import ${name}`, plant('workflows', importOf(name), /^plugin: of packages/));
  for (const name of ['@temporalio/workflow', '@temporalio/common'])
    it(`may import ${name}`, plant('workflows', importOf(name), null));
});

describe.each(['domain', 'workflows'])('%s/ takes of contracts', (folder) => {
  const refusal = /^plugin: import type only/;
  it('values of the library-free ones', plant(folder, importOf('../contracts/limits'), null));
  it('no values of others', plant(folder, importOf('../contracts/run'), refusal));
  it('no re-exported ones', plant(folder, form('re-export', '../contracts/content'), refusal));
  it('types of all', plant(folder, form('import of a type', '../contracts/run'), null));
});

describe('a library-free contract', () => {
  it('imports no package', () => {
    // Biome's plugins answer in no order of their own.
    expect([...(diagnostics.get('contracts/limits.ts') ?? [])].sort()).toEqual([
      expect.stringMatching('library-free'),
      expect.stringMatching('this module is pure'),
    ]);
  });
  it('takes no values from others', () => {
    expect(diagnostics.get('contracts/ids.ts')).toContainEqual(
      expect.stringMatching('a library-free contract takes values only'),
    );
  });
});

describe('the vendor of a model', () => {
  const refusal = /^plugin: only activities\/model\//;
  for (const folder of [...Object.keys(MAY_IMPORT), 'activities/agent'])
    if (folder !== 'domain' && folder !== 'workflows')
      it(`is unknown to ${folder}/`, plant(folder, importOf('@anthropic-ai/sdk'), refusal));
  for (const folder of ['activities/model', 'test/simulator'])
    it(`is known to ${folder}/`, plant(folder, importOf('@anthropic-ai/sdk/resources'), null));
});

describe('beyond the boundaries', () => {
  const other = plants.length + 1;
  it(
    'a cycle is refused',
    plant('worker', `import { b } from './planted-${other}';\nexport const a = () => b;`, /Cycles/),
  );
  it(
    'from either end',
    plant(
      'worker',
      `import { a } from './planted-${other - 1}';\nexport const b = () => a;`,
      /Cycles/,
    ),
  );
  it(
    'settings are read by the composition root alone',
    plant('activities', 'export const x = process.env.X;', /noProcessEnv/),
  );
});
