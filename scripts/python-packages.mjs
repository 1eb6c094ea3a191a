/**
 * `node scripts/python-packages.mjs servers|fuzzer`: installs programs from PyPI that tests start, once,
 * into the user's cache folder, and prints the path of the Python that has them. Needs a Python with its
 * venv module; as root on Debian it installs one where there is none.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

const SETS = {
  servers: { requirements: 'test/support/python-servers/requirements.txt', oldest: [3, 10] },
  fuzzer: { requirements: 'bench/api-fuzz/requirements.txt', oldest: [3, 11] },
};
const [name = ''] = process.argv.slice(2);
if (!Object.hasOwn(SETS, name)) {
  process.stderr.write(`say which: ${Object.keys(SETS).join(' or ')}\n`);
  process.exit(2);
}
const { requirements: file, oldest: OLDEST } = SETS[name];
const REQUIREMENTS = join(import.meta.dirname, '..', file);
const NAMES = ['python3', ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`), 'python'];
const PROBE = 'import ensurepip, sys, venv; print(*sys.version_info[:2])';
const PROBE_MS_MAX = 20_000;
const INSTALL_MS_MAX = 15 * 60_000;
const PROGRESS_MS = 1_000;

const say = (line) => process.stderr.write(`python ${name}: ${line}\n`);

/** Runs a program to its end and gives what it wrote; its lines are told as they come. */
function run(program, args, { ms, onLine = () => undefined }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: ms });
    let said = '';
    let wrote = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      wrote += text;
      for (const line of text.split('\n')) onLine(line);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said = (said + text).slice(-4_000);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(wrote);
      else
        reject(new Error(`${program} ${args.slice(0, 3).join(' ')} ended with ${code}: ${said}`));
    });
  });
}

async function findPython() {
  for (const python of NAMES)
    try {
      const [major, minor] = (await run(python, ['-c', PROBE], { ms: PROBE_MS_MAX }))
        .trim()
        .split(' ')
        .map(Number);
      if (major === OLDEST[0] && minor >= OLDEST[1])
        return { name: python, version: `${major}.${minor}` };
    } catch {
      // It is not there, or lacks what is needed: the next may do.
    }
  return undefined;
}

async function installPython() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  say('there is no Python with venv: installing the one of Debian');
  const options = { ms: INSTALL_MS_MAX, onLine: everySecond((line) => say(line.slice(0, 100))) };
  await run('apt-get', ['update'], options);
  const packages = ['python3', 'python3-venv'];
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options);
  return findPython();
}

function everySecond(tell) {
  let last = 0;
  return (line) => {
    if (line.trim() === '' || Date.now() - last < PROGRESS_MS) return;
    last = Date.now();
    tell(line);
  };
}

const requirements = readFileSync(REQUIREMENTS, 'utf8');
const python = (await findPython()) ?? (await installPython());
if (!python) {
  say(
    `tests start programs from PyPI, which need Python ${OLDEST.join('.')} or newer with its venv module: install it (Debian: apt-get install python3-venv).`,
  );
  process.exit(1);
}
const digest = createHash('sha256')
  .update(`${requirements}\n${python.version}`)
  .digest('hex')
  .slice(0, 16);
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tuesday');
const folder = join(cache, `python-${name}-${digest}`);
const pythonIn = (place) => join(place, 'bin', 'python');

/** A folder under its own name is whole: it gets that name last, and Pythons of venvs may be moved. */
async function install() {
  const made = `${folder}.${process.pid}`;
  const onLine = everySecond((line) => {
    if (/^(Collecting|Installing)/.test(line)) say(line.slice(0, 100));
  });
  try {
    await mkdir(cache, { recursive: true });
    say(`installing into ${folder} with Python ${python.version}, once`);
    await run(python.name, ['-m', 'venv', made], { ms: INSTALL_MS_MAX });
    await run(
      pythonIn(made),
      [
        '-m',
        'pip',
        'install',
        '--no-input',
        '--prefer-binary',
        '--require-hashes',
        '-r',
        REQUIREMENTS,
      ],
      { ms: INSTALL_MS_MAX, onLine },
    );
    await rename(made, folder);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    // Another one may have been quicker.
    if (!existsSync(pythonIn(folder))) throw error;
  }
}

if (!existsSync(pythonIn(folder))) await install();
console.log(pythonIn(folder));
