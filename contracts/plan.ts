/**
 * What `openRun` resolves once and the workflow reads for the rest of the run: a new default or
 * table row must never make a parked run diverge on replay.
 */
import type { Sha256 } from './content';
import type { ReviewDeadline } from './deadline';
import type { LadderChanges } from './recoveries';
import type { ReviewTerms, ReviewTrigger } from './reviews';
import type { RunState } from './run-state';

export interface PhasePlan {
  name: string;
  needs: string[];
  required: boolean;
  /** In plans of older runs; later ones have triggers. */
  review?: 'never' | 'always';
  /** What makes it ask for approval. */
  triggers?: ReviewTrigger[];
  /** Who may approve. */
  terms?: ReviewTerms;
  /** Of its approvals. Absent in plans of older runs, which wait for ever. */
  deadline?: ReviewDeadline;
  /** Weight when the remaining budget is shared out. */
  budgetShare: number;
  roundsMax: number;
  revises?: { phase: string; revisionsMax: number };
  /** Absent in plans of older runs: the default. */
  scheduleToStartMs?: number;
  startToCloseMs: number;
  scheduleToCloseMs: number;
  heartbeatMs: number;
  /** Models to fall back on, after the phase's own. */
  fallbackModels: number;
  /** Where the phase does otherwise than the team. */
  ladders: LadderChanges;
}

export interface RunPlan {
  team: string;
  version: string;
  /** The team with every default filled in, as an artifact: activities read policies from it. */
  resolvedTeamSha256: Sha256;
  budgetMicroUsd: number;
  phases: PhasePlan[];
  /** Of what operators are asked. Absent in plans of older runs, which wait for ever. */
  deadline?: ReviewDeadline;
  /** What the workflow does about failures, for the kinds that may reach it. */
  ladders: LadderChanges;
  /** Who decides is asked by an activity. Absent in plans of older runs, which take any decision. */
  admits?: true;
  /** Decisions of people whom nobody has signed in. Absent: refused. */
  unverified?: 'allowed';
  /** Who started it and whom it works for. */
  starters?: string[];
  /** `off`: effects are prepared and shown, but not carried out. Absent: on. */
  effects?: 'off';
  /** The run goes on as a new Temporal run when its history has as many events. Absent: only when Temporal asks. */
  historyEventsMax?: number;
}

/** What a run takes along when it continues as new: the second argument of `teamRun`. JSON. */
export interface CarriedRun {
  plan: RunPlan;
  /** Of the schema version of the worker that wrote it. */
  state: RunState;
}
