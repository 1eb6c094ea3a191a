import { Command } from 'commander';
import { EXIT } from '../../contracts/errors';
import { asTyped } from '../called-as';
import { dataDirOf } from '../connect';
import type { Finding } from '../doctor';
import type { SetExitCode } from '../exit-codes';
import { createIo } from '../io';
import { type CommonOptions, withCommonOptions } from '../options';

const MARKS: Record<Finding['status'], string> = { ok: 'ok', note: '--', missing: '!!' };

/** `tuesday doctor`: what is found, what is missing, how to mend it. Changes nothing. */
export function doctorCommand(exitWith: SetExitCode): Command {
  return withCommonOptions(new Command('doctor'))
    .description('what is found, what is missing, how to mend it')
    .action(async (options: CommonOptions) => {
      // Loaded here: it brings the clients of everything that it looks at.
      const { examine } = require('../doctor') as typeof import('../doctor');
      const findings = await examine(dataDirOf(options), process.env);
      const isWell = findings.every(({ status }) => status !== 'missing');
      createIo(options.json).result({ ok: isWell, findings }, () => render(findings, isWell));
      if (!isWell) exitWith(EXIT.unavailable);
    });
}

function render(findings: readonly Finding[], isWell: boolean): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const lines = findings.flatMap(({ what, status, found, mend }) => [
    `${MARKS[status]}  ${what.padEnd(width)}  ${found}`,
    ...(mend === undefined ? [] : [`${' '.repeat(width + 4)}  → ${mend}`]),
  ]);
  return asTyped(
    [...lines, isWell ? 'Tuesday can run here.' : 'Tuesday cannot run here yet.'].join('\n'),
  );
}
