/** All commands; one file each in `commands/`. */
import { Command } from 'commander';
import { VERSION } from '../contracts/package-root';
import { asTyped } from './called-as';
import { artifactCommand } from './commands/artifact';
import { auditCommand } from './commands/audit';
import { decideCommand } from './commands/decide';
import { doctorCommand } from './commands/doctor';
import { forkCommand } from './commands/fork';
import { historyCommand } from './commands/history';
import { invocationsCommand } from './commands/invocations';
import { killSwitchCommand } from './commands/kill-switch';
import { listCommand } from './commands/list';
import { pauseCommand } from './commands/pause';
import { rebuildCommand } from './commands/rebuild';
import { recoveriesCommand } from './commands/recoveries';
import { resultCommand } from './commands/result';
import { resumeCommand } from './commands/resume';
import { reviewsCommand } from './commands/reviews';
import { runCommand } from './commands/run';
import { stateCommand } from './commands/state';
import { statusCommand } from './commands/status';
import { stopCommand } from './commands/stop';
import { teamsCommand } from './commands/teams';
import { tokenCommand } from './commands/token';
import { traceCommand } from './commands/trace';
import { upCommand } from './commands/up';
import { watchCommand } from './commands/watch';
import { workerCommand } from './commands/worker';
import type { SetExitCode } from './exit-codes';
import { printable } from './render/printable';

export function createProgram(exitWith: SetExitCode): Command {
  const program = new Command('tuesday')
    .description('Runs teams of LLM agents in production.')
    .version(VERSION)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneSentence(text)) });
  const commands = [
    upCommand,
    workerCommand,
    runCommand,
    statusCommand,
    listCommand,
    watchCommand,
    resultCommand,
    historyCommand,
    forkCommand,
    rebuildCommand,
    stateCommand,
    traceCommand,
    invocationsCommand,
    recoveriesCommand,
    artifactCommand,
    reviewsCommand,
    decideCommand,
    pauseCommand,
    resumeCommand,
    stopCommand,
    killSwitchCommand,
    auditCommand,
    teamsCommand,
    tokenCommand,
    doctorCommand,
  ];
  for (const command of commands) program.addCommand(inherit(program, command(exitWith)));
  return program;
}

/** Commander's `error: …\n(Did you mean …?)` in the form of all our errors. */
function oneSentence(text: string): string {
  const said = text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
  return printable(
    asTyped(`tuesday: ${said.replace(/[.]$/, '')}: \`tuesday --help\` lists what there is.\n`),
  );
}

/** `addCommand` takes a command as it is: settings that subcommands need are handed down. */
function inherit(parent: Command, command: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(command, child);
  return command;
}
