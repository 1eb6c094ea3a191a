/** Effects as the ledger keeps them (L8 to L10 and L13 of `ledger.ts`). */
import type { Sha256 } from './content';
import type { Fence, HeldUp } from './ledger';

/**
 * What to do about an effect that an earlier attempt began without saying how it ended: `never`
 * begin it again; begin it `once` more in this entry, since a person has said so; `always`, since
 * its target recognises the key.
 */
export type EffectRepeat = 'never' | 'once' | 'always';

export interface EffectClaimInput {
  stepKey: string;
  runKey: string;
  phase: string;
  tool: string;
  inputSha256: Sha256;
  temporalRunId: string;
  entry: number;
  attempt: number;
  repeat: EffectRepeat;
  /** An earlier attempt of this entry had claimed it, as Temporal knows: a ledger without that claim is a restored one. */
  claimedBefore: boolean;
  /** It only says how it ended, as a person knows: no switch holds that up. */
  concludes?: true;
  /** The worker cannot carry it out (e.g. its tool is not installed there): it begins nothing, and only fences off. */
  unable?: boolean;
  /** What it writes outside (e.g. a path), where another effect of the run must not write something else. */
  place?: string;
}
export type EffectClaim =
  /** Go on and carry it out; `tries` counts how often it was begun in this entry, this time included. */
  | { outcome: 'claimed'; fence: Fence; tries: number }
  /** Done before: read its result back. */
  | { outcome: 'done'; resultSha256: Sha256 }
  /** An earlier attempt began it and nobody can say how that ended. */
  | { outcome: 'unknown' }
  /** Asked by a worker that is unable: nothing that was begun is open, and no earlier attempt begins it any more. */
  | { outcome: 'not_begun' }
  /** Another effect of the run has written something else to its place. */
  | { outcome: 'taken'; fence: Fence; byPhase: string }
  | HeldUp
  | { outcome: 'fenced' }
  | { outcome: 'closed' };

export interface EffectFailure {
  stepKey: string;
  fence: Fence;
  /** `failed`: nothing was changed; `refused`: nor ever will be with this input; `unknown`: it may have been. */
  as: 'failed' | 'refused' | 'unknown';
  reportSha256: Sha256;
}

/** How an effect ended for good: with a result, or with the report of why its input cannot be carried out. */
export type EffectEnd = { resultSha256: Sha256 } | { reportSha256: Sha256 };

export interface EffectLedger {
  claimEffect(claim: EffectClaimInput): Promise<EffectClaim>;
  /** From whichever attempt: what has happened has happened. */
  commitEffect(stepKey: string, resultSha256: Sha256): Promise<void>;
  /** Only for the attempt that holds it: one that was cut off has no say in what another does. */
  failEffect(failure: EffectFailure): Promise<void>;
  effectEnd(stepKey: string): Promise<EffectEnd | undefined>;
  /** Results of a run's effects that are done, in the order they were begun. */
  effectsOf(runKey: string): Promise<{ tool: string; resultSha256: Sha256 }[]>;
}
