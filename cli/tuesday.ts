#!/usr/bin/env node
/**
 * The `tuesday` command. This file alone must also load on an old Node, to say that it is too old:
 * plain syntax, and everything else is loaded after the check.
 */

/** As in `engines` of package.json. */
const NODE_VERSION_MIN = '20.19.0';
const EXIT_BAD_INPUT = 2;

function isOlder(version: string, minimum: string): boolean {
  const have = version.split('.').map(Number);
  const want = minimum.split('.').map(Number);
  for (let i = 0; i < want.length; i++) {
    if (Number(have[i]) !== Number(want[i])) return Number(have[i]) < Number(want[i]);
  }
  return false;
}

if (isOlder(process.versions.node, NODE_VERSION_MIN)) {
  process.stderr.write(
    'tuesday: Node ' +
      process.versions.node +
      ' is too old: Tuesday needs Node ' +
      NODE_VERSION_MIN +
      ' or newer, install one from https://nodejs.org.\n',
  );
  process.exitCode = EXIT_BAD_INPUT;
} else {
  const main = require('./main') as typeof import('./main');
  main.main(process.argv.slice(2)).then((exitCode) => {
    // Nothing that still waits (an open long poll) may hold up the end.
    process.exit(exitCode);
  });
}
