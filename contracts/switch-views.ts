/** What is sent and shown of switches that hold runs up. */
import { z } from 'zod';
import { CallerId } from './decision';
import { workflowIdOf } from './ids';
import { COMMENT_CHARACTERS_MAX, SWITCH_NAME_CHARACTERS_MAX } from './limits';
import { UserId } from './run';
import type { Switch } from './switch-ledger';
import { SWITCH_MODES, SWITCH_SCOPES } from './switches';

/** Scopes of kill switches; a run is paused, resumed and stopped by itself. */
export const KILL_SWITCH_SCOPES = ['installation', 'user', 'team', 'model', 'tool'] as const;
export type KillSwitchScope = (typeof KILL_SWITCH_SCOPES)[number];

export const SwitchView = z.object({
  id: z.string().describe('The same id changes nothing when it is set again.'),
  scope: z.enum(SWITCH_SCOPES),
  name: z
    .string()
    .optional()
    .describe('The user, team, model or tool, or the run’s business key; of everything: absent.'),
  mode: z.enum(SWITCH_MODES).describe('`pause`: runs wait; `stop`: they end with what they have.'),
  by: z.string().describe('Opaque id of who set it.'),
  since: z.iso.datetime(),
  reason: z.string().optional(),
  off: z
    .object({
      at: z.iso.datetime(),
      by: z.string().optional().describe('Absent: the run that it was set on has ended.'),
      reason: z.string().optional(),
    })
    .optional()
    .describe('Absent while it is on.'),
});
export type SwitchView = z.infer<typeof SwitchView>;

export function switchView({ id, scope, name, mode, by, setAt, reason, off }: Switch): SwitchView {
  return {
    id,
    scope,
    ...(scope === 'installation' ? {} : { name: scope === 'run' ? workflowIdOf(name) : name }),
    ...{ mode, by, since: setAt.toISOString() },
    ...(reason === undefined ? {} : { reason }),
    ...(off ? { off: { ...off, at: off.at.toISOString() } } : {}),
  };
}

const Reason = z
  .string()
  .trim()
  .min(1)
  .max(COMMENT_CHARACTERS_MAX)
  .describe('In a person’s words.');

/** Of what is done to one run. */
export const HoldInput = z.strictObject({
  switchId: CallerId.optional().describe('Your own id: sent again, it changes nothing.'),
  reason: Reason.optional(),
  actor: UserId.optional().describe('Opaque id of who does it.'),
});
export type HoldInput = z.infer<typeof HoldInput>;

const SwitchName = z
  .string()
  .trim()
  .min(1)
  .max(SWITCH_NAME_CHARACTERS_MAX)
  .refine((name) => !/\p{Cc}/u.test(name), { error: 'must not hold control characters' });

const place = { scope: z.enum(KILL_SWITCH_SCOPES), name: SwitchName.optional() };

const hasItsName = ({ scope, name }: { scope: KillSwitchScope; name?: string | undefined }) =>
  (scope === 'installation') === (name === undefined);
const NEEDS_NAME = {
  error:
    'must be the user, team, model or tool that the scope names, and absent for "installation"',
  path: ['name'],
};

export const SwitchOnInput = z
  .strictObject({
    ...place,
    mode: z.enum(SWITCH_MODES),
    switchId: CallerId.optional(),
    reason: Reason.optional(),
    actor: UserId.optional(),
  })
  .refine(hasItsName, NEEDS_NAME);
export type SwitchOnInput = z.infer<typeof SwitchOnInput>;

export const SwitchOffInput = z
  .strictObject({ ...place, reason: Reason.optional(), actor: UserId.optional() })
  .refine(hasItsName, NEEDS_NAME);
export type SwitchOffInput = z.infer<typeof SwitchOffInput>;

export const SwitchReceipt = z.object({
  switch: SwitchView,
  applied: z
    .boolean()
    .describe('False where it had been set before, or another one does as much already.'),
  told: z
    .int()
    .describe(
      'Open runs that were told at once. Others find out at their next step, or within a minute.',
    ),
});
export type SwitchReceipt = z.infer<typeof SwitchReceipt>;

export const ResumeReceipt = SwitchReceipt.extend({
  heldBy: SwitchView.optional().describe('What holds the run up still; absent: nothing.'),
});
export type ResumeReceipt = z.infer<typeof ResumeReceipt>;

export const SwitchList = z.object({ switches: z.array(SwitchView) });
