/** Calls to Temporal: each with a deadline, their errors in our own words. */
import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import { UserError } from '../contracts/errors';
import type { TemporalAccess } from './temporal-connection';

/** A server that is there answers in milliseconds; retries of the SDK fit in, too. */
const TEMPORAL_CALL_MS = 15_000;

/** Status codes of gRPC. Source: grpc.github.io/grpc/core/md_doc_statuscodes.html */
const GRPC = {
  unknown: 2,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Runs a call to Temporal; what a caller can act on becomes a `UserError`, the rest goes through. */
export async function callTemporal<T>(
  { client, address }: TemporalAccess,
  call: () => Promise<T>,
  timeoutMs: number = TEMPORAL_CALL_MS,
): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + timeoutMs, call);
  } catch (error) {
    throw toUserError(address, error) ?? error;
  }
}

function toUserError(address: string, error: unknown): UserError | undefined {
  const inner = error instanceof ServiceError ? error.cause : error;
  if (!isGrpcServiceError(inner)) return undefined;
  switch (inner.code) {
    case GRPC.unavailable:
    case GRPC.deadlineExceeded:
    case GRPC.resourceExhausted:
      return new UserError(
        'unavailable',
        `Temporal at ${address} does not answer: check that it runs (\`tuesday doctor\` looks).`,
      );
    // What a server says that was restarted or lost a worker in the middle of a call.
    case GRPC.unknown:
    case GRPC.failedPrecondition:
    case GRPC.aborted:
    case GRPC.internal:
      return new UserError(
        'unavailable',
        `Temporal at ${address} could not do it now (${inner.details.replace(/[.]$/, '')}): try again.`,
      );
    case GRPC.unauthenticated:
    case GRPC.permissionDenied:
      return new UserError(
        'unavailable',
        `Temporal at ${address} refuses this caller: check TEMPORAL_API_KEY or the TEMPORAL_TLS_* certificates.`,
      );
    default:
      return undefined;
  }
}
