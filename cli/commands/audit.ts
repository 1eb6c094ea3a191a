import { Command, InvalidArgumentError, Option } from 'commander';
import { API_LIMITS } from '../../contracts/api';
import { AUDIT_ACTIONS, type AuditAction, type AuditHead } from '../../contracts/audit';
import { AnchorInQuery } from '../../contracts/audit-views';
import { EXIT } from '../../contracts/errors';
import { given } from '../../contracts/given';
import { connect } from '../connect';
import type { SetExitCode } from '../exit-codes';
import { createIo } from '../io';
import { type CommonOptions, integerFrom, parseSince, withCommonOptions } from '../options';
import { renderAudit, renderAuditReport } from '../render/audit';

/** `tuesday audit`: what people have decided and changed; whether the record of it is as it was made. */
export function auditCommand(exitWith: SetExitCode): Command {
  return new Command('audit')
    .description('what people have decided, held up and changed; whether that record is intact')
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(verifyCommand(exitWith))
    .addCommand(eraseCommand());
}

interface ListOptions extends CommonOptions {
  run?: string;
  actor?: string;
  action?: AuditAction;
  since?: Date;
  limit: number;
  cursor?: string;
}

function listCommand(): Command {
  return withCommonOptions(new Command('list'))
    .description('entries of the audit log, newest first')
    .option('--run <key>', 'only of this run')
    .option('--actor <id>', 'only what this person did')
    .addOption(new Option('--action <action>', 'only of this kind').choices(AUDIT_ACTIONS))
    .option('--since <time>', 'only since then: 2026-11-20, 90m, 24h, 7d', parseSince)
    .option('--limit <n>', 'how many', integerFrom(1, API_LIMITS.pageMax), API_LIMITS.pageDefault)
    .option('--cursor <cursor>', 'the next page, as the page before names it')
    .action(async ({ run, actor, action, since, limit, cursor, ...options }: ListOptions) => {
      const { tuesday } = await connect(options);
      const page = await tuesday.audit(given({ run, actor, action, since, limit, cursor }));
      const io = createIo(options.json);
      io.result(page, () => renderAudit(page.entries));
      if (page.cursor !== undefined && !options.json)
        io.note(`There are more: --cursor ${page.cursor}`);
    });
}

function verifyCommand(exitWith: SetExitCode): Command {
  return withCommonOptions(new Command('verify'))
    .description('check every entry of the audit log, and what is kept of it elsewhere')
    .option(
      '--anchor <entry:seal>',
      'a head that you kept, as `audit verify` prints it',
      parseAnchor,
    )
    .action(async ({ anchor, ...options }: CommonOptions & { anchor?: AuditHead }) => {
      const { tuesday } = await connect(options);
      const report = await tuesday.verifyAudit(anchor);
      createIo(options.json).result(report, () => renderAuditReport(report));
      if (!report.intact) exitWith(EXIT.notIntact);
    });
}

function eraseCommand(): Command {
  return withCommonOptions(new Command('erase'))
    .description('make untellable which entries are a person’s; they stay, and can be verified')
    .argument('<person>', 'opaque id')
    .action(async (person: string, options: CommonOptions) => {
      const { tuesday } = await connect(options);
      const erased = await tuesday.eraseFromAudit(person);
      createIo(options.json).result(
        erased,
        () =>
          `Nobody can tell any more what "${person}" has done: ${erased.digests.length} digests stand for nobody now.`,
      );
    });
}

function parseAnchor(text: string): AuditHead {
  const anchor = AnchorInQuery.safeParse(text);
  if (!anchor.success)
    throw new InvalidArgumentError(
      'It must be an entry and its seal, as `audit verify` prints them.',
    );
  return anchor.data;
}
