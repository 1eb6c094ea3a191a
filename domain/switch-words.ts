/** Who holds runs up, in a person's words. */
import type { RunStatus } from '../contracts/run-status';
import type { Switch } from '../contracts/switch-ledger';
import type { HeldBy, SwitchScope } from '../contracts/switches';

const SCOPE_WORDS: Record<SwitchScope, string> = {
  installation: 'everything',
  user: 'all runs of its user',
  team: 'all runs of its team',
  model: 'a model that it uses',
  tool: 'a tool that it uses',
  run: 'this run',
};

/** `ann has stopped all runs of its team`. */
export const heldWords = ({ by, mode, scope }: HeldBy): string =>
  `${by} has ${mode === 'stop' ? 'stopped' : 'paused'} ${SCOPE_WORDS[scope]}`;

/** Whether it was the switch, and not a person's decision or anything else. */
export const isStoppedBy = (status: RunStatus, { mode }: HeldBy): boolean =>
  status === 'stopped' && mode === 'stop';

/** `Since 2026-11-21T08:00:00.000Z, because “the model invents sources”`. */
export const sinceWords = (since: string, reason: string | undefined): string =>
  `Since ${since}${reason === undefined ? '' : `, because “${reason}”`}`;

/** Why a run is not even opened. */
export const switchedOffWords = (off: Switch): string =>
  `${heldWords({ ...off, switchId: off.id })}. ${sinceWords(off.setAt.toISOString(), off.reason)}. Start the run again once that is turned off (\`tuesday kill-switch\`).`;
