import fc from 'fast-check';
import type { RunEvent, RunEventBody, RunState } from '../../contracts/run-state';
import { tellEvent } from '../../domain/event-words';
import { apply, emptyState } from '../../domain/run-state';
import { OTHER_SHA256, SOME_SHA256 } from '../support/plans';
import { someStory } from '../support/stories';

const SPEND = { settledMicroUsd: 10, unsettledMicroUsd: 0 };

/** Tells the last of these events. */
function tellLast(...bodies: RunEventBody[]) {
  let before: RunState = emptyState(0);
  let state = before;
  let last: RunEvent | undefined;
  for (const [index, body] of [OPENED, ...bodies].entries()) {
    before = state;
    last = { ...body, version: index + 1, at: index };
    state = apply(before, last);
  }
  return tellEvent(last as RunEvent, before);
}

const OPENED: RunEventBody = {
  type: 'run_opened',
  budgetMicroUsd: 2_000_000,
  phases: ['research', 'writing'],
};
const started = (round: number): RunEventBody => ({
  type: 'phase_started',
  phase: 'research',
  round,
  allowanceMicroUsd: 500_000,
});
const REJECTED: RunEventBody = {
  type: 'output_rejected',
  phase: 'research',
  failure: 'missing_fields',
  reportSha256: SOME_SHA256,
  spend: SPEND,
  instruction: { kind: 'repair', reportSha256: SOME_SHA256 },
};
const ACCEPTED: RunEventBody = {
  type: 'output_accepted',
  phase: 'research',
  output: OTHER_SHA256,
  confidence: { stated: 0.8, corrected: 0.8, because: [] },
  limitations: [],
  spend: SPEND,
};
const asked = (kind: 'approval' | 'operator'): RunEventBody => ({
  type: 'review_opened',
  review: {
    id: 'research-4',
    kind,
    phase: 'research',
    reason: kind === 'approval' ? 'always' : 'authentication',
    digest: OTHER_SHA256,
    options: kind === 'approval' ? ['approve', 'stop'] : ['resume', 'stop'],
  },
});
const decided = (decision: 'approve' | 'resume' | 'stop'): RunEventBody => ({
  type: 'decision_taken',
  decision: { decisionId: 'd-1', reviewId: 'research-4', decision, actor: 'u-7' },
});

describe('events in words', () => {
  it('tells who, what and why of a run that goes well', () => {
    expect(tellLast()).toEqual({
      who: { kind: 'workflow' },
      what: 'opened the run: research, writing, with a budget of $2.0000',
    });
    expect(
      tellLast({
        type: 'documents_ingested',
        documentsSha256: SOME_SHA256,
        documents: 1,
        unavailable: 2,
      }).what,
    ).toBe('made text of 1 document; 2 could not be read');
    expect(tellLast(started(1))).toEqual({
      who: { kind: 'workflow' },
      what: 'started research, round 1, which may book up to $0.5000',
    });
    expect(tellLast(started(1), ACCEPTED)).toEqual({
      who: { kind: 'agent', id: 'research' },
      what: 'handed in the output of research, confidence 0.8',
    });
    const finished: RunEventBody = { type: 'phase_finished', phase: 'research' };
    expect(tellLast(started(1), ACCEPTED, finished).what).toBe('finished research');
    const ended: RunEventBody = { type: 'run_ended', status: 'completed' };
    expect(tellLast(started(1), ACCEPTED, finished, ended)).toEqual({
      who: { kind: 'workflow' },
      what: 'ended the run: completed',
    });
  });

  it('names the failure, the recovery taken, and why there is another round', () => {
    expect(tellLast(started(1), REJECTED)).toEqual({
      who: { kind: 'agent', id: 'research' },
      what: 'handed in an output of research that cannot be taken',
      why: 'missing_fields; recovery: repair, to put right what its report names',
    });
    expect(tellLast(started(1), REJECTED, started(2)).why).toBe(
      'to put right what its report names',
    );
    const overloaded: RunEventBody = { ...REJECTED, failure: 'overloaded' };
    expect(tellLast(started(1), overloaded).what).toBe('could not finish its round of research');
    const degraded = tellLast(started(1), {
      type: 'phase_degraded',
      phase: 'research',
      failure: 'loop',
      spend: SPEND,
    });
    expect(degraded.why).toMatch(/^loop: The agent used up its turns/);
    expect(
      tellLast(started(1), { ...ACCEPTED, limitations: [{ kind: 'review_unresolved' }] }).why,
    ).toBe('limitation review_unresolved');
  });

  it('tells suspensions, re-entries, effects and work sent back', () => {
    const suspended: RunEventBody = {
      type: 'phase_suspended',
      phase: 'research',
      reasons: ['budget', 'long_wait'],
      spend: SPEND,
    };
    expect(tellLast(started(1), suspended).why).toBe(
      'the next call does not fit into what the phase may spend; the model provider asks for a long wait',
    );
    const again = (allowanceMicroUsd: number): RunEventBody => ({
      type: 'phase_reentered',
      phase: 'research',
      entry: 2,
      allowanceMicroUsd,
    });
    expect(tellLast(started(1), suspended, again(600_000)).why).toBe(
      'it may now book up to $0.6000',
    );
    expect(tellLast(started(1), suspended, again(500_000)).why).toBe(
      'what it waited for is settled',
    );
    expect(
      tellLast(started(1), ACCEPTED, {
        type: 'effect_performed',
        phase: 'research',
        stepKey: 'k',
        tool: 'publish_file',
        resultSha256: SOME_SHA256,
      }).what,
    ).toBe('carried out publish_file for research');
    expect(
      tellLast(started(1), ACCEPTED, {
        type: 'work_sent_back',
        by: 'writing',
        to: 'research',
        reset: ['research', 'writing'],
        commentsSha256: SOME_SHA256,
      }),
    ).toEqual({
      who: { kind: 'agent', id: 'writing' },
      what: 'sent the work back to research',
      why: 'its comments ask for changes; to be done again: research, writing',
    });
  });

  it('tells a person from an operator, and which question a decision answered', () => {
    expect(tellLast(started(1), ACCEPTED, asked('approval'))).toMatchObject({
      who: { kind: 'workflow' },
      what: 'asked a person (research-4): approve, stop?',
    });
    expect(tellLast(started(1), ACCEPTED, asked('approval'), decided('approve'))).toEqual({
      who: { kind: 'person', id: 'u-7' },
      what: 'decided research-4: approve',
      why: expect.stringMatching(/^A person is asked to approve the output of research/),
    });
    expect(tellLast(started(1), ACCEPTED, asked('operator'), decided('resume'))).toMatchObject({
      who: { kind: 'operator', id: 'u-7' },
      why: expect.stringMatching(/ANTHROPIC_API_KEY/),
    });
    const refused: RunEventBody = {
      type: 'decision_refused',
      decisionId: 'd-1',
      reviewId: 'constructor',
      reason: 'unknown_review',
    };
    expect(tellLast(refused)).toEqual({
      who: { kind: 'person' },
      what: 'sent a decision on constructor that was not taken',
      why: 'there is no open review of this id',
    });
  });

  it('says why a run ended early', () => {
    const stopped: RunEventBody = { type: 'run_ended', status: 'stopped' };
    expect(tellLast(stopped).why).toBe('it was cancelled');
    expect(tellLast(started(1), ACCEPTED, asked('operator'), decided('stop'), stopped).why).toBe(
      'u-7 decided so on research-4',
    );
    expect(tellLast({ type: 'run_ended', status: 'failed', failure: 'loop' }).why).toMatch(
      /^loop: /,
    );
  });

  it('has words for every event of any run', () => {
    fc.assert(
      fc.property(someStory, ({ events, states }) => {
        for (const [index, event] of events.entries()) {
          const { what, why } = tellEvent(event, states[index] as RunState);
          expect(`${what} ${why ?? ''}`).not.toMatch(/undefined|NaN|\[object/);
        }
      }),
      { numRuns: 30 },
    );
  });
});
