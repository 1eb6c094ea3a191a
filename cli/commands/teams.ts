import { Command } from 'commander';
import { EXIT } from '../../contracts/errors';
import { checkTeam } from '../../contracts/team/check';
import type { TeamProblem } from '../../contracts/team/problems';
import type { Team } from '../../contracts/team/schema';
import { installedTools } from '../../contracts/tools';
import { dollars } from '../../domain/dollars';
import { READY_TEAMS } from '../../teams';
import type { SetExitCode } from '../exit-codes';
import { createIo } from '../io';
import { type CommonOptions, withCommonOptions } from '../options';
import { readyTeam } from '../ready-team';
import { renderTable } from '../render/table';
import { readTeamFile } from '../team-file';
import { toolsHere } from '../tools-here';

/** `tuesday teams`: those that are ready, one of them in full, or what is wrong with one's own. Needs nothing that runs. */
export function teamsCommand(exitWith: SetExitCode): Command {
  return withCommonOptions(new Command('teams'))
    .description('ready teams')
    .option('--show <name>', 'the definition of one, as JSON to start your own from')
    .action((options: CommonOptions & { show?: string }) => {
      const io = createIo(options.json);
      if (options.show !== undefined) {
        const { definition } = readyTeam(options.show);
        return io.result(definition, () => JSON.stringify(definition, null, 2));
      }
      const teams = Object.keys(READY_TEAMS).map((name) => resolved(name));
      io.result(teams, () => renderTeams(teams));
    })
    .addCommand(checkCommand(exitWith));
}

function checkCommand(exitWith: SetExitCode): Command {
  return new Command('check')
    .description('check a team’s JSON file: every problem at once')
    .argument('<file>', 'the team’s JSON file')
    .option('--json', 'machine-readable output on stdout', false)
    .action(async (file: string, _options: unknown, command: Command) => {
      const { json } = command.optsWithGlobals<{ json: boolean }>();
      const checked = checkTeam(await readTeamFile(file), await toolsHere());
      const { problems } = checked;
      const valid = problems.length === 0;
      createIo(json).result({ valid, problems }, () =>
        valid ? `${file} is a team that can be run.` : renderProblems(file, problems),
      );
      if (!valid) exitWith(EXIT.badInput);
    });
}

function resolved(name: string): Team {
  const checked = checkTeam(readyTeam(name).definition, installedTools());
  if (checked.team) return checked.team;
  throw new Error(`the ready team ${name} is broken: ${JSON.stringify(checked.problems)}`);
}

function renderTeams(teams: readonly Team[]): string {
  return renderTable(teams, [
    { title: 'team', cell: ({ name, version }) => `${name} ${version}` },
    { title: 'documents', cell: ({ documents }) => documents },
    { title: 'budget', cell: ({ budgetMicroUsd }) => dollars(budgetMicroUsd), align: 'right' },
    { title: 'phases', cell: ({ phases }) => phases.map(({ name }) => name).join(' → ') },
    { title: 'what it does', cell: ({ description }) => description },
  ]);
}

function renderProblems(file: string, problems: readonly TeamProblem[]): string {
  return [
    `${file} has ${problems.length} problem${problems.length === 1 ? '' : 's'}:`,
    ...problems.map(({ path, message }) => `  ${path || 'the team'}: ${message}`),
  ].join('\n');
}
