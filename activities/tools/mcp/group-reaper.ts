/**
 * Ends process groups that have outlived this process: a shell that is told of each group, and kills
 * those that are left when the pipe from here breaks, however this process has ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';

export interface GroupReaper {
  watch(group: number): void;
  forget(group: number): void;
  /** For groups that have all been ended. */
  close(): void;
}

/** What ends by itself when its pipes break has a second for it. */
const SCRIPT = `
groups=' '
while read -r does group; do
  case $does in
    watch) groups="$groups$group " ;;
    forget) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
[ -z "\${groups# }" ] && exit
sleep 1
for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
`;

export function createGroupReaper(): GroupReaper {
  let shell: ChildProcess | undefined;

  function started(): ChildProcess {
    // In a group of its own: what kills the worker's group must not take it along.
    const begun = spawn('sh', ['-c', SCRIPT], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
      detached: true,
    });
    begun.unref();
    // Without a shell, groups end with the worker where it stops in an orderly way.
    begun.on('error', () => undefined);
    begun.stdin.on('error', () => undefined);
    return begun;
  }

  return {
    watch(group) {
      shell ??= started();
      shell.stdin?.write(`watch ${group}\n`);
    },
    forget: (group) => void shell?.stdin?.write(`forget ${group}\n`),
    close() {
      shell?.stdin?.end();
      shell = undefined;
    },
  };
}
