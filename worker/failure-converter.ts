/**
 * How failures are written into histories: without stack traces. Those name folders of a machine,
 * weigh more than the rest of a run together, and help nobody who reads a history elsewhere; the
 * worker's log and the ledger keep them. Workers load this file by its path, and it is part of the
 * workflow bundle.
 */
import {
  DefaultFailureConverter,
  type PayloadConverter,
  type ProtoFailure,
} from '@temporalio/common';

class TracelessFailureConverter extends DefaultFailureConverter {
  /** Causes come here one by one. */
  override errorToFailure(error: unknown, payloadConverter: PayloadConverter): ProtoFailure {
    return { ...super.errorToFailure(error, payloadConverter), stackTrace: '' };
  }
}

/** The name under which the SDK looks for it. */
export const failureConverter = new TracelessFailureConverter();
