import { asTyped, command, commandName } from '../../cli/called-as';

describe('the name of the command in hints', () => {
  it.each([
    [
      'npm, which does not put it on the PATH',
      { npm_command: 'exec' },
      '/npm/cache/tuesday',
      'npx tuesday',
    ],
    ['a script of npm', { npm_command: 'run' }, '/app/dist/cli/tuesday.js', 'npx tuesday'],
    ['its name', {}, '/usr/local/bin/tuesday', 'tuesday'],
    ['its file', {}, '/app/dist/cli/tuesday.js', 'node dist/cli/tuesday.js'],
  ])('fits a start by %s', (_how, env, script, name) => {
    expect(commandName(env, script, '/app')).toBe(name);
  });

  it('is put into every sentence that names a command, and into nothing else', () => {
    expect(asTyped('Start `tuesday up`; the tuesday of `mine` and tuesday itself stay.')).toBe(
      `Start \`${command('up')}\`; the tuesday of \`mine\` and tuesday itself stay.`,
    );
  });
});
