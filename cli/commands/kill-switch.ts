import { Command, Option } from 'commander';
import { API_LIMITS } from '../../contracts/api';
import { UserError } from '../../contracts/errors';
import { KILL_SWITCH_SCOPES, type KillSwitchScope } from '../../contracts/switch-views';
import { SWITCH_MODES, type SwitchMode } from '../../contracts/switches';
import { command } from '../called-as';
import { connect } from '../connect';
import { createIo } from '../io';
import { type CommonOptions, integerFrom, withCommonOptions } from '../options';
import { placeWords, renderSwitches } from '../render/switch';
import { count } from '../render/units';
import { holdRequest, type SwitchOptions, withSwitchOptions } from '../switch-options';

interface PlaceOptions extends SwitchOptions {
  scope: KillSwitchScope;
  name?: string;
}

/** `tuesday kill-switch [list|on|off]`: holds up all runs of a user, team, model or tool, or all there are. */
export function killSwitchCommand(): Command {
  return new Command('kill-switch')
    .description('pause or stop all runs of a user, team, model or tool, or all there are')
    .addCommand(listSwitches(), { isDefault: true })
    .addCommand(turnOn())
    .addCommand(turnOff());
}

const place = (made: Command): Command =>
  made
    .addOption(
      new Option('--scope <scope>', 'what is held up')
        .choices(KILL_SWITCH_SCOPES)
        .makeOptionMandatory(),
    )
    .option('--name <name>', 'which user, team, model or tool');

function turnOn(): Command {
  return place(withSwitchOptions(new Command('on')))
    .description('hold runs up: nothing new begins')
    .addOption(
      new Option('--mode <mode>', '`pause`: runs wait; `stop`: they end with what they have')
        .choices(SWITCH_MODES)
        .makeOptionMandatory(),
    )
    .action(async (options: PlaceOptions & { mode: SwitchMode }) => {
      const where = placeOf(options);
      const { tuesday } = await connect(options);
      const { mode } = options;
      const receipt = await tuesday.setSwitch({ ...where, mode, ...holdRequest(options) });
      const { by, since } = receipt.switch;
      createIo(options.json).result(receipt, () =>
        receipt.applied
          ? `On: ${mode} for ${placeWords(where)}; ${count(receipt.told, 'open run')} told. \`${command(`kill-switch off ${flags(where)}`)}\` turns it off.`
          : `It was on before, by ${by} since ${since}; nothing was changed.`,
      );
    });
}

function turnOff(): Command {
  return place(withSwitchOptions(new Command('off')))
    .description('let runs go on that were paused, and new ones start')
    .action(async (options: PlaceOptions) => {
      const where = placeOf(options);
      const { tuesday } = await connect(options);
      const { switchId: _ofOn, ...request } = holdRequest(options);
      const receipt = await tuesday.turnOffSwitch({ ...where, ...request });
      createIo(options.json).result(
        receipt,
        () => `Off: ${placeWords(where)}; ${count(receipt.told, 'open run')} told.`,
      );
    });
}

function listSwitches(): Command {
  return withCommonOptions(new Command('list'))
    .description('switches that are on, those of single runs too, newest first')
    .option('--past', 'also those that are off', false)
    .option('--limit <n>', 'how many', integerFrom(1, API_LIMITS.pageMax), API_LIMITS.pageDefault)
    .action(async (options: CommonOptions & { past: boolean; limit: number }) => {
      const { tuesday } = await connect(options);
      const { past, limit } = options;
      const switches = await tuesday.switches({ past, limit });
      createIo(options.json).result(switches, () =>
        switches.length > 0 ? renderSwitches(switches) : 'No switch is on.',
      );
    });
}

/** @throws UserError `bad_input` */
function placeOf({ scope, name }: PlaceOptions): { scope: KillSwitchScope; name?: string } {
  if (scope !== 'installation' && name === undefined)
    throw new UserError('bad_input', `--scope ${scope} needs a --name: which ${scope}?`, 'name');
  if (scope === 'installation' && name !== undefined)
    throw new UserError(
      'bad_input',
      '--scope installation is everything there is and takes no --name.',
      'name',
    );
  return { scope, ...(name === undefined ? {} : { name }) };
}

const flags = ({ scope, name }: { scope: KillSwitchScope; name?: string }): string =>
  name === undefined ? `--scope ${scope}` : `--scope ${scope} --name ${name}`;
