/** gRPC status codes by name, as the gRPC specification numbers them. */
import { isGrpcServiceError, ServiceError } from '@temporalio/client';

export const grpcStatus = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** The status and text of a failed call, also inside the SDK's wrapper; else `undefined`. */
export function grpcFailure(error: unknown): { code: number; details: string } | undefined {
  const inner = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(inner) ? { code: inner.code, details: inner.details } : undefined;
}
