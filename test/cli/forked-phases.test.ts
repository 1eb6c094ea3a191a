import { doneAnew } from '../../cli/forked-phases';
import { phase as declared } from '../support/teams';
import { phase } from './run-views';

const team = {
  phases: [
    declared('prices'),
    declared('research'),
    declared('analysis', { needs: ['research'] }),
    declared('writing', { needs: [{ phase: 'analysis' }, 'prices'] }),
    declared('publishing', { needs: ['writing'] }),
  ],
};
const phases = [
  phase('prices', { status: 'degraded' }),
  phase('research', { status: 'done' }),
  phase('analysis', { status: 'unfinished' }),
  phase('writing'),
  phase('publishing'),
];
const from = (name: string, editOutput: Record<string, string> = {}) =>
  doneAnew(phases, team, { from: name, editOutput });

it('a fork does what had not ended before the phase it is forked from, and says which', () => {
  expect(from('publishing')).toEqual(['analysis', 'writing']);
  expect(from('writing')).toEqual(['analysis']);
  expect(from('writing', { analysis: 'analysis.json' })).toEqual([]);
  // What builds on it is done again anyway.
  expect(from('research')).toEqual([]);
});
