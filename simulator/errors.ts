/** The API's error shapes (API page 1.4). */

/** HTTP status by error type, where the fault or rule does not say another. */
export const STATUS_OF_ERROR_TYPE = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
} as const;

export type ApiErrorType = keyof typeof STATUS_OF_ERROR_TYPE;

/** A refusal that is sent to the client in the API's error shape. Nothing of it is billed. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  constructor(
    readonly type: ApiErrorType,
    message: string,
    readonly options: {
      status?: number;
      errorCode?: string;
      retryAfterSeconds?: number;
      /** The message is the whole body, of this type: what a proxy before the API sends. */
      rawContentType?: string;
    } = {},
  ) {
    super(message);
    this.status = options.status ?? STATUS_OF_ERROR_TYPE[type];
  }
}

/** A 400 `invalid_request_error`: what every broken rule of a request ends in. */
export function invalid(message: string): ApiError {
  return new ApiError('invalid_request_error', message);
}

export interface ErrorBody {
  type: 'error';
  error: { type: string; message: string; details?: { error_code: string } };
  request_id: string;
}

export function errorBody(
  type: string,
  message: string,
  requestId: string,
  errorCode?: string,
): ErrorBody {
  return {
    type: 'error',
    error: {
      type,
      message,
      ...(errorCode === undefined ? {} : { details: { error_code: errorCode } }),
    },
    request_id: requestId,
  };
}
