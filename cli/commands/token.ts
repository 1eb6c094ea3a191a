import { Command, Option } from 'commander';
import { createApiClient } from '../../client/api';
import { ROLES, type Role } from '../../contracts/access';
import { TOKEN_DAYS } from '../../contracts/limits';
import { createMachineKey } from '../../contracts/machine-key';
import { CreatedToken, TokenList, TokenView } from '../../contracts/tokens';
import { existingSecret } from '../../worker/secret';
import { dataDirOf, findUrl } from '../connect';
import { createIo } from '../io';
import { type CommonOptions, integerFrom, withCommonOptions } from '../options';
import { renderTable } from '../render/table';

interface CreateOptions extends CommonOptions {
  name: string;
  user: string;
  role: Role[];
  group: string[];
  confined: boolean;
  days: number;
}

/** `tuesday token create|list|revoke`: what services and people's programs sign in with. */
export function tokenCommand(): Command {
  return new Command('token')
    .description('API tokens, with which services and people sign in')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function createCommand(): Command {
  return withCommonOptions(new Command('create'))
    .description('make a token; it is shown this once')
    .requiredOption('--user <id>', 'opaque id of whoever signs in with it')
    .addOption(
      new Option('--role <role...>', 'what it may be used for')
        .choices(ROLES)
        .makeOptionMandatory(),
    )
    .option('--group <group...>', 'groups of reviewers that its user is in', [])
    .option('--confined', 'it reaches only runs of its own user', false)
    .option('--name <name>', 'what it is for', 'made with tuesday token create')
    .option(
      '--days <n>',
      'for how many days it can be used',
      integerFrom(TOKEN_DAYS.min, TOKEN_DAYS.max),
      TOKEN_DAYS.default,
    )
    .action(async (options: CreateOptions) => {
      const { name, user, role: roles, group: groups, confined, days } = options;
      const api = await apiFor(options);
      const body = { name, user, roles, groups, confined, days };
      const made = await api.postJson(CreatedToken, '/v1/tokens', body);
      const io = createIo(options.json);
      io.note(
        `Token ${made.id} of ${made.user}: ${made.roles.join(', ')}, until ${made.expiresAt}. Keep it now, nobody can look it up later; programs take it from TUESDAY_TOKEN.`,
      );
      io.result(made, () => made.token);
    });
}

function listCommand(): Command {
  return withCommonOptions(new Command('list'))
    .description('tokens, newest first')
    .action(async (options: CommonOptions) => {
      const { tokens } = await (await apiFor(options)).getJson(TokenList, '/v1/tokens');
      createIo(options.json).result(tokens, () => renderTokens(tokens));
    });
}

function revokeCommand(): Command {
  return withCommonOptions(new Command('revoke'))
    .description('refuse a token from now on')
    .argument('<id>', 'id of the token, as `token list` shows it')
    .action(async (id: string, options: CommonOptions) => {
      const api = await apiFor(options);
      const revoked = await api.delete(TokenView, `/v1/tokens/${encodeURIComponent(id)}`);
      createIo(options.json).result(
        revoked,
        () => `The token ${id} ("${revoked.name}") is refused since ${revoked.revokedAt}.`,
      );
    });
}

/** Without a token, whoever can read the installation's secret signs in with that: the first token has to come from somewhere. */
async function apiFor(options: CommonOptions) {
  const url = await findUrl(options);
  const token = options.token || process.env.TUESDAY_TOKEN;
  if (token) return createApiClient(url, { token });
  const keyFor = await existingSecret(process.env, dataDirOf(options));
  return createApiClient(url, keyFor ? { token: createMachineKey(keyFor('machine')).mint } : {});
}

function renderTokens(tokens: readonly TokenView[]): string {
  if (tokens.length === 0) return 'There is no token: `tuesday token create` makes one.';
  return renderTable(tokens, [
    { title: 'id', cell: ({ id }) => id },
    { title: 'name', cell: ({ name }) => name },
    { title: 'user', cell: ({ user }) => user },
    {
      title: 'roles',
      cell: ({ roles, confined }) => [...roles, ...(confined ? ['(confined)'] : [])].join(' '),
    },
    { title: 'groups', cell: ({ groups }) => groups.join(' ') },
    {
      title: 'until',
      cell: ({ expiresAt, revokedAt }) => (revokedAt ? `revoked ${revokedAt}` : expiresAt),
    },
    { title: 'last used', cell: ({ lastUsedAt = 'never' }) => lastUsedAt },
  ]);
}
