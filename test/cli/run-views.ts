/** Views of runs as tests of the command need them. */
import { sha256Of } from '../../contracts/content';
import type { PhaseView, RunView } from '../../contracts/views';

export const NOTHING = { settledMicroUsd: 0, unsettledMicroUsd: 0 };
export const phase = (name: string, change: Partial<PhaseView> = {}): PhaseView => ({
  name,
  status: 'pending',
  round: 0,
  spend: NOTHING,
  allowanceMicroUsd: 0,
  steps: { model: 0, tool: 0 },
  current: [],
  retrying: [],
  recoveries: [],
  ...change,
});
export const view = (change: Partial<RunView> = {}): RunView => ({
  id: 'r-1',
  firstRunId: 'f',
  team: 'report',
  version: '1.0.0',
  user: 'local',
  status: 'running',
  provider: 'nobody',
  startedAt: '2026-11-20T08:00:00.000Z',
  changedAt: '2026-11-20T08:00:05.000Z',
  endedAt: '2026-11-20T08:00:05.000Z',
  budgetMicroUsd: 2_000_000,
  spend: { settledMicroUsd: 12_300, unsettledMicroUsd: 0 },
  stateVersion: 1,
  revision: 1,
  explanation: 'Working.',
  question: 'Why?',
  phases: [phase('research'), phase('writing')],
  reviews: [],
  decisions: [],
  recoveries: [],
  limitations: [],
  unavailableDocuments: [],
  skippedFiles: [],
  teamSha256: sha256Of('team'),
  inputSha256: sha256Of('input'),
  tokens: { input: 1_200, output: 34 },
  ...change,
});
export const REVIEW: RunView['reviews'][number] = {
  id: 'research-5',
  kind: 'operator',
  phase: 'research',
  reason: 'authentication',
  explanation: 'Mend the key.',
  digest: sha256Of('x'),
  options: ['resume', 'stop'],
  openedAt: '2026-11-20T08:00:03.000Z',
};
