/** The versions of a run's state as they are shown: who did what, when and why, and what it changed. */
import { z } from 'zod';

export const StateChange = z.object({
  path: z.string().describe('JSON pointer into the state, e.g. `/phases/research/status`.'),
  before: z.unknown().optional().describe('Absent where the version before had nothing there.'),
  after: z.unknown().optional().describe('Absent where this version has nothing there any more.'),
});
export type StateChange = z.infer<typeof StateChange>;

export const ACTOR_KINDS = ['workflow', 'agent', 'person', 'operator', 'temporal'] as const;

/** Whose doing an event is. */
export const EventActor = z.object({
  kind: z
    .enum(ACTOR_KINDS)
    .describe(
      'The workflow itself, the agent of a phase, a reviewer, the operator who has put something right, or Temporal where it ended the workflow from outside.',
    ),
  id: z
    .string()
    .optional()
    .describe('The phase of an agent, or the opaque id of a person, as far as it is known.'),
});
export type EventActor = z.infer<typeof EventActor>;

export const HistoryEntry = z.object({
  version: z.int().describe('The version of the state that this event has made, from 1.'),
  at: z.iso.datetime(),
  type: z.string(),
  who: EventActor.extend({
    models: z.array(z.string()).optional().describe('Of an agent: the models it asked.'),
  }),
  what: z.string().describe('What happened, in a person’s words.'),
  why: z.string().optional().describe('Failure, recovery, reason, or the question answered.'),
  changes: z.array(StateChange).describe('From the version before to this one.'),
  event: z.record(z.string(), z.unknown()).describe('The event as recorded.'),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

export const HistoryPage = z.object({
  stateVersion: z.int().describe('The newest version that there is.'),
  entries: z.array(HistoryEntry),
  next: z.int().optional().describe('`after` of the next page; absent on the last.'),
});
export type HistoryPage = z.infer<typeof HistoryPage>;

export const StateAtVersion = z.object({
  run: z.string(),
  version: z.int(),
  at: z.iso.datetime().describe('When it came to be.'),
  stateVersion: z.int().describe('The newest version that there is.'),
  state: z.record(z.string(), z.unknown()).describe('The state: references, enums and numbers.'),
});
export type StateAtVersion = z.infer<typeof StateAtVersion>;
