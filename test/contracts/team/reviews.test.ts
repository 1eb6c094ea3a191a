import { checkTeam } from '../../../contracts/team/check';
import { installedTools } from '../../../contracts/tools';
import { phase } from '../../support/teams';

const HERE = installedTools();
const JUDGED = {
  type: 'object',
  properties: {
    verdict: { type: 'string', enum: ['grant', 'deny'] },
    final: { type: 'boolean' },
    score: { type: ['number', 'null'] },
    confidence: { type: 'number' },
    note: { type: 'string' },
  },
  required: ['verdict', 'final', 'score', 'confidence', 'note'],
  additionalProperties: false,
};

const problemsOf = (review: unknown, team: object = {}, produces: object = JUDGED) =>
  checkTeam(
    {
      name: 'test',
      version: '1.0.0',
      phases: [phase('only', { review: review as never, produces: produces as never })],
      ...team,
    },
    HERE,
  ).problems.map(({ path, message }) => `${path} ${message}`);
const when = (...triggers: unknown[]) => ({ when: triggers });

describe('a review', () => {
  it.each<[string, unknown]>([
    [
      'of every trigger',
      when(
        { kind: 'always' },
        { kind: 'low_confidence', below: 0.7 },
        { kind: 'data_category', categories: ['personal'] },
        { kind: 'decision_type', field: 'verdict', equals: ['deny'] },
        { kind: 'decision_type', field: 'final', equals: [true] },
        { kind: 'cost_above', microUsd: 500_000 },
        { kind: 'low_quality', field: 'score', below: 3 },
      ),
    ],
    [
      'by two of a group, one of whom may be a chief',
      {
        quorum: 2,
        groups: ['legal'],
        notStarter: true,
        deadline: { escalateTo: ['chiefs'], default: 'reject' },
      },
    ],
    [
      'that is never asked for, whose groups answer questions',
      { when: 'never', groups: ['legal'] },
    ],
    ['that silence consents to', { groups: ['legal'], deadline: { default: 'approve' } }],
  ])('may be one %s', (_, review) => {
    expect(problemsOf(review)).toEqual([]);
  });

  const FORM =
    'must be "never", "always" or a list of triggers, e.g. [{"kind": "low_confidence", "below": 0.7}]';
  it.each<[string, unknown, string]>([
    [
      'a word of its own',
      'sometimes',
      `phases/0/review must be "never", "always" or {"when": "always", "quorum": 2, "deadline": {"decideMs": 86400000}}`,
    ],
    [
      'a number',
      3,
      `phases/0/review must be "never", "always" or {"when": "always", "quorum": 2, "deadline": {"decideMs": 86400000}}`,
    ],
    [
      'a list',
      ['always'],
      `phases/0/review must be "never", "always" or {"when": "always", "quorum": 2, "deadline": {"decideMs": 86400000}}`,
    ],
    ['another time', { when: 'sometimes' }, `phases/0/review/when ${FORM}`],
    ['one trigger outside of a list', { when: { kind: 'always' } }, `phases/0/review/when ${FORM}`],
    ['no trigger at all', when(), 'phases/0/review/when must have at least one trigger'],
    [
      'an unknown trigger',
      when({ kind: 'full_moon' }),
      'phases/0/review/when/0/kind must be one of always, low_confidence, data_category, decision_type, cost_above, low_quality',
    ],
    [
      'a confidence in per cent',
      when({ kind: 'low_confidence', below: 70 }),
      'phases/0/review/when/0/below must be a number from 0 to 1',
    ],
    [
      'a confidence below nothing',
      when({ kind: 'low_confidence' }),
      'phases/0/review/when/0/below must be a number from 0 to 1',
    ],
    [
      'an unknown category',
      when({ kind: 'data_category', categories: ['gossip'] }),
      'phases/0/review/when/0/categories/0 must be "personal", "health", "financial", "credentials", "confidential", "legal" or "children"',
    ],
    [
      'a cost in dollars',
      when({ kind: 'cost_above', microUsd: 0.5 }),
      'phases/0/review/when/0/microUsd must be a whole number of micro-dollars',
    ],
    [
      'a field that is not produced',
      when({ kind: 'decision_type', field: 'decision', equals: ['deny'] }),
      'phases/0/review/when/0/field "decision" is not a property of what the phase produces',
    ],
    [
      'a value that the field never has',
      when({ kind: 'decision_type', field: 'verdict', equals: ['deny', 'refuse'] }),
      'phases/0/review/when/0/equals/1 "refuse" is not among the values of "verdict"',
    ],
    [
      'a value of another type',
      when({ kind: 'decision_type', field: 'final', equals: ['true'] }),
      'phases/0/review/when/0/equals/0 "true" is never the value of "final"',
    ],
    [
      'a quality that is not produced',
      when({ kind: 'low_quality', field: 'rating', below: 3 }),
      'phases/0/review/when/0/field "rating" is not a property of what the phase produces',
    ],
    [
      'a quality that is a text',
      when({ kind: 'low_quality', field: 'note', below: 3 }),
      'phases/0/review/when/0/field "note" is no number in what the phase produces',
    ],
    [
      'a quorum of nobody',
      { quorum: 0 },
      'phases/0/review/quorum must be a whole number from 1 to 10; nothing is unlimited',
    ],
    [
      'a deadline that approves instead of two',
      { quorum: 2, deadline: { default: 'approve' } },
      'phases/0/review/deadline/default would approve what 2 people have to: say "reject" or "stop"',
    ],
    [
      'a default that nobody can take',
      { deadline: { default: 'edit' } },
      'phases/0/review/deadline/default must be "approve", "reject" or "stop"',
    ],
    [
      'going up where everybody may decide',
      { deadline: { escalateTo: ['chiefs'] } },
      'phases/0/review/deadline/escalateTo names who may decide too, but without "groups" anybody may from the beginning',
    ],
    [
      'a group with a space',
      { groups: ['the chiefs'] },
      'phases/0/review/groups/0 must be names of groups: a-z, 0-9, - and _, a letter first',
    ],
    [
      'an unknown property',
      { who: 'legal' },
      'phases/0/review/who is not a property that a team definition has here',
    ],
  ])('with %s is refused', (_, review, problem) => {
    expect(problemsOf(review)).toEqual([problem]);
  });

  it('by confidence is refused where none is stated', () => {
    const review = when({ kind: 'low_confidence', below: 0.7 });
    expect(problemsOf(review, {}, phase('any').produces)).toEqual([
      'phases/0/review/when/0/kind "confidence" is not a property of what the phase produces',
    ]);
  });

  it('by two is refused under a team whose deadline approves, unless it has its own', () => {
    const team = { deadline: { default: 'approve' } };
    expect(problemsOf({ quorum: 2 }, team)).toEqual([
      'phases/0/review/quorum asks 2 people, but the team’s deadline approves without any: give the review a "deadline" with "default": "reject" or "stop"',
    ]);
    expect(problemsOf({ quorum: 2, deadline: { default: 'stop' } }, team)).toEqual([]);
  });
});

describe('the deadline of a team', () => {
  it('goes up only where some phase names groups', () => {
    const team = { deadline: { escalateTo: ['chiefs'] } };
    expect(problemsOf('always', team)).toEqual([
      'deadline/escalateTo names who may decide too, but without "groups" anybody may from the beginning',
    ]);
    expect(problemsOf({ groups: ['legal'] }, team)).toEqual([]);
  });

  it.each(['edit', 'revise', 'respond', 'delegate', 'top_up'])(
    'cannot decide "%s", which needs more than a word',
    (decision) => {
      expect(problemsOf('always', { deadline: { default: decision } })).toEqual([
        'deadline/default must be "approve", "accept", "reject", "resume" or "stop"',
      ]);
    },
  );
});
