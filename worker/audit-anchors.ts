/**
 * Heads of the audit log where whoever can change the database need not be able to change them: in a
 * line of the log, in metrics, and in a file that is only ever appended to.
 */
import { appendFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Anchors, AuditHead } from '../contracts/audit';
import { UserError } from '../contracts/errors';

const VARIABLE = 'TUESDAY_AUDIT_ANCHORS';
const FILE = 'audit-anchors.jsonl';
/** What is read back of the file, the newest: some 100,000 heads. */
const READ_BYTES_MAX = 16_000_000;

export const SEQUENCE_METRIC = 'tuesday_audit_head_sequence';
/** The first 48 bits of the seal, which a number can hold. */
export const MAC_METRIC = 'tuesday_audit_head_mac';
const MAC_METRIC_HEX = 12;

/** Of the file, and of the same line in the log: either can be read back. */
const Anchor = z.object({
  auditSequence: z.int().min(1),
  auditMac: z.string().regex(/^[0-9a-f]{64}$/),
});

export const anchorsFile = (env: NodeJS.ProcessEnv, dataDir: string): string =>
  env[VARIABLE] || join(dataDir, FILE);

/** @throws UserError `bad_input` where the file cannot be written */
export function openAnchors(path: string, log: Logger): Anchors {
  try {
    appendFileSync(path, '', { mode: 0o600 });
  } catch (error) {
    throw new UserError(
      'bad_input',
      `The file ${path}, in which heads of the audit log are kept, cannot be written (${(error as NodeJS.ErrnoException).code}): set ${VARIABLE} to another one.`,
      VARIABLE,
    );
  }
  const { metricMeter } = Runtime.instance();
  const sequenceGauge = metricMeter.createGauge(SEQUENCE_METRIC);
  const macGauge = metricMeter.createGauge(MAC_METRIC);
  return {
    keep({ sequence, mac }) {
      const anchor: z.infer<typeof Anchor> = { auditSequence: sequence, auditMac: mac };
      log.info(anchor, 'the audit log has a new head');
      sequenceGauge.set(sequence);
      macGauge.set(Number.parseInt(mac.slice(0, MAC_METRIC_HEX), 16));
      try {
        appendFileSync(path, `${JSON.stringify(anchor)}\n`);
      } catch (error) {
        log.error({ err: error, path }, 'a head of the audit log could not be kept in its file');
      }
    },
    kept: async () => anchorsIn(await readEnd(path)),
  };
}

/** Lines that tell no head are passed over: one may be cut off, and a log has many others. */
export function anchorsIn(text: string): AuditHead[] {
  return text.split('\n').flatMap((line) => {
    const anchor = Anchor.safeParse(parseLine(line)).data;
    return anchor ? [{ sequence: anchor.auditSequence, mac: anchor.auditMac }] : [];
  });
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function readEnd(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - READ_BYTES_MAX);
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(size - start),
      0,
      size - start,
      start,
    );
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
