/**
 * Switches that hold runs up: of everything, a user, a team, a model, a tool or one run. They are rows
 * of the ledger, asked with every claim of a step, so that they hold from the next step on. Free of
 * libraries: workflows import it.
 */
export const SWITCH_SCOPES = ['installation', 'user', 'team', 'model', 'tool', 'run'] as const;
export type SwitchScope = (typeof SWITCH_SCOPES)[number];

/** `pause`: runs wait until it is off; `stop`: they end with what they have. */
export const SWITCH_MODES = ['pause', 'stop'] as const;
export type SwitchMode = (typeof SWITCH_MODES)[number];

/** What holds a run up, as its state tells it. */
export interface HeldBy {
  switchId: string;
  scope: SwitchScope;
  mode: SwitchMode;
  /** Opaque id of the person. */
  by: string;
}
