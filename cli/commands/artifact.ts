import { Command } from 'commander';
import { MEDIA, Sha256 } from '../../contracts/content';
import { UserError } from '../../contracts/errors';
import { connect } from '../connect';
import { type CommonOptions, withCommonOptions } from '../options';
import { printable } from '../render/printable';

/** `tuesday artifact SHA256`: stored content, e.g. what an approval is asked for. */
export function artifactCommand(): Command {
  return withCommonOptions(new Command('artifact'))
    .description('stored content by its sha256')
    .argument('<sha256>', 'as status, trace and reviews name it')
    .action(async (sha256: string, options: CommonOptions) => {
      if (!Sha256.safeParse(sha256).success)
        throw new UserError('bad_input', `"${sha256}" is not a sha256 in lower-case hex.`);
      const { tuesday } = await connect(options);
      const { bytes, mediaType } = await tuesday.content.get(sha256);
      const readable = mediaType === MEDIA.json || mediaType.startsWith('text/');
      // In a pipe the bytes are wanted; a terminal must not be steered by them.
      process.stdout.write(
        process.stdout.isTTY ? (readable ? `${printable(bytes.toString())}\n` : mediaType) : bytes,
      );
    });
}
