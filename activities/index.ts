/** All activities, as factories over the ports that the composition root hands in. */
import { Context } from '@temporalio/activity';
import type {
  Acknowledged,
  AdmitRunResult,
  AskHoldResult,
  IngestDocumentsInput,
  IngestDocumentsResult,
  TuesdayActivities,
  WithOutbox,
} from '../contracts/activities';
import { putText } from '../contracts/content';
import type { DecisionSigner } from '../contracts/decision-proof';
import { UserError } from '../contracts/errors';
import type { Ledger } from '../contracts/ledger';
import type { DeliveryActivities, DeliveryLedger } from '../contracts/notifications';
import type { InstalledTools } from '../contracts/tools';
import type { ModelPrice, PriceTable } from '../domain/prices';
import { RECOVERY, type RecoveryTable } from '../domain/recovery';
import { type FrameDeps, framed, recordFirst } from './activity-frame';
import { createAdmitDecision } from './admit-decision';
import { createArchiveHistory } from './archive-history';
import { type CloseRunDeps, createCloseRun } from './close-run';
import type { createIngest } from './documents/ingest';
import type { ModelPort } from './model/port';
import type { Channels } from './notify/channel';
import { createDeliver, createGiveUpDelivery, type DeliverDeps } from './notify/deliver';
import { type NotifyingDeps, notifyingLedger } from './notify/notifying-ledger';
import { createOpenRun } from './open-run';
import { createPerformEffect } from './perform-effect';
import { createReconcileRuns, type ReconcileDeps } from './projection/reconcile-runs';
import { createRunPhase } from './run-phase';
import { type TellDeps, tellingAdmitted } from './tell-admitted';
import type { McpServer } from './tools/mcp/mcp-server';
import { installedOf, type Tool } from './tools/tool';
import { createToolbox } from './tools/toolbox';

export interface ActivityDeps {
  ledger: Ledger;
  reader: CloseRunDeps['reader'];
  histories: CloseRunDeps['histories'];
  ingest: ReturnType<typeof createIngest>;
  model: ModelPort;
  prices: PriceTable;
  tools: Tool[];
  /** By the names of their sources. */
  mcpServers: Readonly<Record<string, McpServer>>;
  /** What teams may name, by name. */
  sources: InstalledTools['sources'];
  /** Who answers the model calls, in words. */
  provider: string;
  /** See `OpenRunDeps`. */
  recoveries?: RecoveryTable;
  /** See `OpenRunDeps`. */
  historyEventsMax?: number;
  /** Tells decisions of people who had signed in. */
  signer: DecisionSigner;
  tellAdmitted: TellDeps['tellAdmitted'];
  deliveries: DeliveryLedger;
  /** Whom to tell of what happens to runs, by name. */
  channels: Channels;
  startNotify: NotifyingDeps['startNotify'];
  tellSwitched: ReconcileDeps['tellSwitched'];
  /** Identity of this worker process. */
  worker: string;
  log: FrameDeps['log'] & TellDeps['log'] & DeliverDeps['log'];
}

export function createActivities(given: ActivityDeps): TuesdayActivities & DeliveryActivities {
  const { prices } = given;
  const ledger = notifyingLedger(tellingAdmitted(given.ledger, given), given);
  const deps = { ...given, ledger };
  const toolbox = createToolbox(deps.tools, deps.mcpServers);
  const activities: TuesdayActivities & DeliveryActivities = {
    openRun: createOpenRun({ ...deps, installedTools: installedOf(deps.tools, deps.sources) }),
    admitRun: (input) => admitRun(ledger, input),
    askHold: (input) => askHold(ledger, input),
    admitDecision: createAdmitDecision({ content: ledger.content, signer: deps.signer }),
    ingestDocuments: (input) => ingestDocuments(deps, input),
    runPhase: createRunPhase({ ...deps, toolbox, priceOf: (model) => priceOf(prices, model) }),
    performEffect: createPerformEffect({ ledger, toolbox }),
    recordEvents: (input) => recordEvents(ledger, input),
    archiveHistory: createArchiveHistory(deps),
    reconcileRuns: createReconcileRuns(deps),
    closeRun: createCloseRun(deps),
    deliver: createDeliver({ ...deps, content: ledger.content }),
    giveUpDelivery: createGiveUpDelivery(deps),
  };
  const waitsForLedger = (deps.recoveries ?? RECOVERY).ledger_unavailable.ladder.includes('wait');
  return framed(
    { content: ledger.content, ledger, log: deps.log, waitsForLedger },
    { ...activities },
  );
}

/** `openRun` has checked that every model of the team has a price. */
function priceOf(prices: PriceTable, model: string): ModelPrice {
  const price = prices[model];
  if (!price) throw new RangeError(`no price for model ${model}`);
  return price;
}

async function ingestDocuments(
  { ledger, ingest }: ActivityDeps,
  input: IngestDocumentsInput,
): Promise<IngestDocumentsResult> {
  const recordedVersion = await recordFirst(ledger, input);
  const context = Context.current();
  try {
    const ingested = await ingest(input.documentsSha256, {
      signal: context.cancellationSignal,
      heartbeat: () => context.heartbeat(),
    });
    return { recordedVersion, outcome: 'ingested', ...ingested };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const detailSha256 = await putText(ledger.content, error.message);
    return { recordedVersion, outcome: 'refused', reason: 'bad_input', detailSha256 };
  }
}

async function admitRun(ledger: Ledger, input: WithOutbox): Promise<AdmitRunResult> {
  const recordedVersion = await recordFirst(ledger, input);
  const { outcome } = await ledger.askAdmission(input.run);
  return { recordedVersion, outcome };
}

async function askHold(ledger: Ledger, input: WithOutbox): Promise<AskHoldResult> {
  const recordedVersion = await recordFirst(ledger, input);
  const { heldBy, atWork } = await ledger.holdOn(input.run);
  return {
    recordedVersion,
    ...(heldBy ? { heldBy } : {}),
    ...(atWork ? {} : { idle: true as const }),
  };
}

async function recordEvents(ledger: Ledger, input: WithOutbox): Promise<Acknowledged> {
  return { recordedVersion: await recordFirst(ledger, input) };
}
