/** The ledger as a whole, over one PostgreSQL database. */
import type { AuditKeeper } from '../contracts/audit';
import type { Ledger } from '../contracts/ledger';
import { DEFAULT_LOAD, type LoadLimits } from '../contracts/load';
import type { DeliveryLedger } from '../contracts/notifications';
import type { LedgerReader } from '../contracts/reader';
import type { SwitchLedger } from '../contracts/switch-ledger';
import type { TokenLedger } from '../contracts/tokens';
import { type AuditOptions, createAuditWriter } from './audit';
import { createAuditKeeper } from './audit-reader';
import { claimLedger } from './audit-secret';
import { type Changes, listenForChanges } from './changes';
import { createContentStore } from './content';
import { type Database, openDatabase, unusable } from './database';
import { createDeliveryLedger } from './deliveries';
import { createEffectLedger } from './effects';
import { createExtractionCache } from './extractions';
import { createReader } from './reader';
import { createRunLedger } from './runs';
import { createStepLedger } from './steps';
import { createHoldLedger, createSwitchLedger } from './switches';
import { createTokenLedger } from './tokens';

export interface OpenLedger {
  ledger: Ledger;
  reader: LedgerReader;
  tokens: TokenLedger;
  switches: SwitchLedger;
  extractions: ReturnType<typeof createExtractionCache>;
  audit: AuditKeeper;
  deliveries: DeliveryLedger;
  close(): Promise<void>;
}

/**
 * @param limits of how much is at work at once; the same in every process of an installation
 * @param auditing absent: of a process that appends nothing to the audit log
 * @throws UserError `unavailable` when the database cannot be reached or used; `bad_input` when it
 *   belongs to an installation with another secret.
 */
export async function openLedger(
  url: string,
  limits: LoadLimits = DEFAULT_LOAD,
  auditing?: AuditOptions,
): Promise<OpenLedger> {
  const database: Database = await openDatabase(url);
  const audit = createAuditWriter(database, auditing);
  if (auditing)
    await claimLedger(database, audit, auditing).catch(async (error) => {
      await database.close();
      throw error;
    });
  const changes: Changes = await listenForChanges(url).catch(async (error) => {
    await database.close();
    throw unusable(database.location, error);
  });
  const content = createContentStore(database);
  return {
    ledger: {
      content,
      ...createStepLedger(database, limits),
      ...createEffectLedger(database),
      ...createRunLedger(database, limits, audit),
      ...createHoldLedger(database),
    },
    reader: createReader(database, content, changes, limits),
    tokens: createTokenLedger(database),
    switches: createSwitchLedger(database, audit),
    extractions: createExtractionCache(database),
    audit: createAuditKeeper(database, audit, auditing),
    deliveries: createDeliveryLedger(database),
    async close() {
      changes.close();
      await database.close();
    },
  };
}
