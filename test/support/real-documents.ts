/** A folder of real documents: what the installed packages say about themselves. */
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { writeFiles } from './document-folder';
import { makeDocx, makePdf } from './make-documents';

const ROOT = join(__dirname, '../..');
const PACKAGES = join(ROOT, 'node_modules');
/** How many of each type at most; there are fewer pages and plain texts than readmes. */
const FILES_MAX: Record<string, number> = { '.md': 220, '.html': 10, '.txt': 30 };
/** Folders below a package, so that the search for documents stays quick. */
const DEPTH_MAX = 3;
const LINES_MAX = 60;

/** Fills `folder` with at least 200 files of six types, the same for the same installation. */
export function writeRealDocuments(folder: string): void {
  for (const [ending, max] of Object.entries(FILES_MAX))
    for (const file of documentsOf(PACKAGES, ending).slice(0, max)) {
      const target = join(folder, relative(PACKAGES, file));
      mkdirSync(dirname(target), { recursive: true });
      cpSync(file, target);
    }
  const readme = (name: string) => readFileSync(join(PACKAGES, name, 'README.md'), 'utf8');
  writeFiles(folder, {
    'installed.csv': installedPackages(),
    'papers/pino.pdf': makePdf([plainLines(readme('pino')), plainLines(readme('ajv'))]),
    'papers/zod.docx': makeDocx(plainLines(readme('zod'))),
  });
}

function documentsOf(folder: string, ending: string, depth = 0): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory())
        return depth < DEPTH_MAX && !/^\.|^node_modules$/.test(entry.name)
          ? documentsOf(path, ending, depth + 1)
          : [];
      return entry.isFile() && extname(entry.name).toLowerCase() === ending ? [path] : [];
    });
}

function installedPackages(): string {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string; license?: string }>;
  };
  const rows = Object.entries(packages).map(
    ([path, { version = '', license = '' }]) =>
      `${path.replace(/^node_modules\//, '')},${version},"${license}"`,
  );
  return ['package,version,license', ...rows].join('\n');
}

/** What the encoding of a simple PDF holds, in lines that fit its page. */
function plainLines(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/[^ -~]/g, '').slice(0, 90));
  return lines.filter((line) => line.trim() !== '').slice(0, LINES_MAX);
}
