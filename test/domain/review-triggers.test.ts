import { type ReviewTrigger, TRIGGER_KINDS } from '../../contracts/reviews';
import {
  type KnownFacts,
  setOffByFacts,
  setOffByFactsOfEffect,
  setOffByOutput,
  triggersOf,
} from '../../domain/review-triggers';
import { phasePlan } from '../support/plans';

const sure = (corrected: number): Partial<KnownFacts> => ({
  confidence: { stated: 0.9, corrected, because: [] },
});
const facts = (known: Partial<KnownFacts>): KnownFacts => ({ spentMicroUsd: 0, ...known });

describe('what is known of an output', () => {
  it.each<[string, ReviewTrigger, Partial<KnownFacts>, boolean]>([
    ['always, of anything', { kind: 'always' }, {}, true],
    ['a confidence below', { kind: 'low_confidence', below: 0.7 }, sure(0.69), true],
    ['one at the bound', { kind: 'low_confidence', below: 0.7 }, sure(0.7), false],
    ['one that was not stated', { kind: 'low_confidence', below: 0.7 }, {}, true],
    [
      'a category that it holds',
      { kind: 'data_category', categories: ['health', 'legal'] },
      { categories: { legal: ['source filings'] } },
      true,
    ],
    [
      'a category that it does not hold',
      { kind: 'data_category', categories: ['health'] },
      { categories: { legal: ['source filings'] } },
      false,
    ],
    ['a cost above', { kind: 'cost_above', microUsd: 10 }, { spentMicroUsd: 11 }, true],
    ['a cost at the bound', { kind: 'cost_above', microUsd: 10 }, { spentMicroUsd: 10 }, false],
  ])('is looked at: %s', (_, trigger, known, isSetOff) => {
    expect(setOffByFacts([trigger], facts(known))).toEqual(isSetOff ? [trigger.kind] : []);
    expect(setOffByOutput([trigger], {})).toEqual([]);
  });
});

describe('an output itself', () => {
  const decides = (...equals: (string | boolean)[]): ReviewTrigger => ({
    kind: 'decision_type',
    field: 'verdict',
    equals,
  });
  const rated: ReviewTrigger = { kind: 'low_quality', field: 'score', below: 3 };
  it.each<[string, ReviewTrigger, Record<string, unknown>, boolean]>([
    ['one of the values', decides('deny', 'defer'), { verdict: 'defer' }, true],
    ['another value', decides('deny'), { verdict: 'grant' }, false],
    ['a truth value, not its name', decides(true), { verdict: 'true' }, false],
    ['a truth value', decides(true), { verdict: true }, true],
    ['nothing', decides('deny'), {}, false],
    [
      'what every object inherits',
      { kind: 'decision_type', field: 'toString', equals: ['x'] },
      {},
      false,
    ],
    ['a number below', rated, { score: 2.9 }, true],
    ['a number at the bound', rated, { score: 3 }, false],
    ['no number', rated, { score: null }, true],
    ['a missing number', rated, {}, true],
  ])('is looked at: %s', (_, trigger, output, isSetOff) => {
    expect(setOffByOutput([trigger], output)).toEqual(isSetOff ? [trigger.kind] : []);
  });
});

const ALL: ReviewTrigger[] = [
  { kind: 'always' },
  { kind: 'low_confidence', below: 1 },
  { kind: 'data_category', categories: ['legal'] },
  { kind: 'decision_type', field: 'verdict', equals: ['deny'] },
  { kind: 'cost_above', microUsd: 0 },
  { kind: 'low_quality', field: 'score', below: 3 },
];

it('are several at once, each named once', () => {
  const known = facts({ categories: { legal: ['detected'] }, spentMicroUsd: 1 });
  const output = { verdict: 'deny', score: 1 };
  const told = [...setOffByFacts([...ALL, ...ALL], known), ...setOffByOutput(ALL, output)];
  expect([...told].sort()).toEqual([...TRIGGER_KINDS].sort());
});

it('are fewer before an effect, when there is no output to look at', () => {
  const known = facts({ categories: { legal: ['detected'] }, spentMicroUsd: 1 });
  expect(setOffByFactsOfEffect(ALL, known)).toEqual(['always', 'data_category', 'cost_above']);
});

it('of older plans are one or none', () => {
  expect(triggersOf(phasePlan('p', { review: 'always' }))).toEqual([{ kind: 'always' }]);
  expect(triggersOf(phasePlan('p', { review: 'never' }))).toEqual([]);
  expect(triggersOf(phasePlan('p', { review: 'always', triggers: [] }))).toEqual([]);
});
