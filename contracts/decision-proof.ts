/**
 * That a decision was made by a person who had signed in. The API proves it for the decision as it is,
 * workers verify it; the key is known to both and to nobody else.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from './content';
import { type RunId, runKey } from './ids';
import type { Decision, DecisionProof } from './reviews';

export interface DecisionSigner {
  /** @param groups of the person who is signed in */
  prove(run: RunId, decision: Omit<Decision, 'proof'>, groups: string[]): DecisionProof;
  /** Groups of whoever had signed in; undefined where nobody had, or something was changed since. */
  verified(run: RunId, decision: Decision): string[] | undefined;
}

/** @param key 32 bytes or more */
export function createDecisionSigner(key: Uint8Array): DecisionSigner {
  const macOf = (run: RunId, decision: Omit<Decision, 'proof'>, groups: string[]): Buffer =>
    createHmac('sha256', key)
      .update(canonicalJson({ run: runKey(run), decision, groups }))
      .digest();
  return {
    prove: (run, decision, groups) => ({
      groups,
      mac: macOf(run, decision, groups).toString('hex'),
    }),
    verified(run, { proof, ...decision }) {
      if (!proof) return undefined;
      const given = Buffer.from(proof.mac, 'hex');
      const own = macOf(run, decision, proof.groups);
      return given.length === own.length && timingSafeEqual(given, own) ? proof.groups : undefined;
    },
  };
}
