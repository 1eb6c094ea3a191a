/**
 * What makes a phase ask for approval: one entry for each kind of trigger. Some can be told from the
 * output alone, which only activities see; the others from what is known of it.
 */
import type { PhasePlan } from '../contracts/plan';
import type { ReviewTrigger, TriggerKind } from '../contracts/reviews';
import type { OutputFacts } from '../contracts/run-state';
import { categoriesIn } from './categories';

/** What the workflow knows when an output has come, or an effect is due. */
export interface KnownFacts extends OutputFacts {
  /** By the run so far, settled and unsettled. */
  spentMicroUsd: number;
}

type Of<K extends TriggerKind> = Extract<ReviewTrigger, { kind: K }>;
type Output = Readonly<Record<string, unknown>>;

type Entry<K extends TriggerKind> =
  | { byOutput: (trigger: Of<K>, output: Output) => boolean }
  | {
      byFacts: (trigger: Of<K>, facts: KnownFacts) => boolean;
      /** Looked at before an effect too, when there is no output yet. */
      beforeEffects?: true;
    };

const TRIGGERS: { [K in TriggerKind]: Entry<K> } = {
  always: { byFacts: () => true, beforeEffects: true },
  low_confidence: {
    byFacts: ({ below }, { confidence }) => (confidence?.corrected ?? 0) < below,
  },
  data_category: {
    byFacts: ({ categories }, facts) =>
      categoriesIn(facts.categories).some((held) => categories.includes(held)),
    beforeEffects: true,
  },
  decision_type: {
    byOutput: ({ field, equals }, output) => equals.some((value) => own(output, field) === value),
  },
  cost_above: {
    byFacts: ({ microUsd }, { spentMicroUsd }) => spentMicroUsd > microUsd,
    beforeEffects: true,
  },
  low_quality: {
    byOutput: ({ field, below }, output) => {
      const quality = own(output, field);
      return typeof quality !== 'number' || quality < below;
    },
  },
};

const own = (output: Output, field: string): unknown =>
  Object.hasOwn(output, field) ? output[field] : undefined;

/** Kinds of a phase's triggers that its output sets off. */
export function setOffByOutput(triggers: readonly ReviewTrigger[], output: Output): TriggerKind[] {
  return kinds(triggers, (trigger) => {
    const entry = TRIGGERS[trigger.kind] as Entry<TriggerKind>;
    return 'byOutput' in entry && entry.byOutput(trigger as never, output);
  });
}

/** Those that what is known of it sets off. */
export function setOffByFacts(
  triggers: readonly ReviewTrigger[],
  facts: KnownFacts,
): TriggerKind[] {
  return kinds(triggers, (trigger) => {
    const entry = TRIGGERS[trigger.kind] as Entry<TriggerKind>;
    return 'byFacts' in entry && entry.byFacts(trigger as never, facts);
  });
}

/** The same, where an agent asks for an effect and has given no output yet. */
export function setOffByFactsOfEffect(
  triggers: readonly ReviewTrigger[],
  facts: KnownFacts,
): TriggerKind[] {
  const early = triggers.filter(({ kind }) => 'beforeEffects' in TRIGGERS[kind]);
  return setOffByFacts(early, facts);
}

/** Plans of older runs know of no triggers but one. */
export const triggersOf = ({ triggers, review }: PhasePlan): readonly ReviewTrigger[] =>
  triggers ?? (review === 'always' ? [{ kind: 'always' }] : []);

const kinds = (
  triggers: readonly ReviewTrigger[],
  isSetOff: (trigger: ReviewTrigger) => boolean,
): TriggerKind[] => [...new Set(triggers.filter(isSetOff).map(({ kind }) => kind))];
