import type { Review } from '../../contracts/reviews';
import { type Interest, isOfInterest, type Subject } from '../../domain/notifications';
import { SOME_SHA256 } from '../support/plans';

const review: Review = {
  ...{ id: 'write-3', kind: 'approval', phase: 'write', reason: 'always', digest: SOME_SHA256 },
  options: ['approve', 'stop'],
  groups: ['editors'],
  deadline: {
    ...{ remindMs: 1, escalateMs: 2, decideMs: 3, default: 'stop' },
    escalateTo: ['leads'],
  },
  openedAt: 0,
};
const opened: Subject = { event: 'review_opened', team: 'report', review };
const escalated: Subject = {
  ...{ event: 'review_escalated', team: 'report' },
  review: { ...review, escalatedAt: 2 },
};
const { groups: _editors, ...forAll } = review;
const ended: Subject = { event: 'run_ended', team: 'report', end: 'failed' };
const ALL = ['review_opened', 'review_escalated', 'run_ended'] as const;

describe('the interest of a channel', () => {
  it.each<[string, Partial<Interest>, Subject, boolean]>([
    ['an event that it names', {}, opened, true],
    ['an event that it does not name', { events: ['run_ended'] }, opened, false],
    ['its team', { teams: ['x', 'report'] }, opened, true],
    ['another team', { teams: ['x'] }, opened, false],
    ['the end of another team', { teams: ['x'] }, ended, false],
    ['its phase', { phases: ['write'] }, opened, true],
    ['another phase', { phases: ['read'] }, opened, false],
    ['its kind of review', { reviews: ['approval'] }, opened, true],
    ['another kind of review', { reviews: ['operator'] }, opened, false],
    ['a group that is asked', { groups: ['editors'] }, opened, true],
    ['a group that is not asked yet', { groups: ['leads'] }, opened, false],
    ['a group that is asked by now', { groups: ['leads'] }, escalated, true],
    ['those who were asked before', { groups: ['editors'] }, escalated, true],
    [
      'a group, where anybody may decide',
      { groups: ['editors'] },
      { ...opened, review: forAll },
      false,
    ],
    ['its kind of end', { ends: ['failed'] }, ended, true],
    ['another kind of end', { ends: ['completed'] }, ended, false],
    ['an end, which has no groups', { groups: ['leads'], phases: ['x'] }, ended, true],
    ['a review, which has no end', { ends: ['failed'] }, opened, true],
  ])('in %s', (_words, changes, subject, is) => {
    expect(isOfInterest({ events: ALL, ...changes }, subject)).toBe(is);
  });
});
