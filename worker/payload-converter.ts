/**
 * How payloads are read: what cannot be read is null. Whoever reaches Temporal may signal a run, and one
 * signal that throws where it is read fails the run's workflow task again and again, for good; null is
 * refused by whoever expects something else. Workers load this file by its path, and it is part of the
 * workflow bundle.
 */
import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

/** The name under which the SDK looks for it. */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload<T>(payload: Payload): T {
    try {
      return defaultPayloadConverter.fromPayload(payload);
    } catch {
      return null as T;
    }
  },
};
