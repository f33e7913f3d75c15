/**
 * The one error envelope. Every error that a person or a peer can see has this form. `code` is
 * stable, `message` and `try` are for people, `hop` says who refused.
 */
export interface Problem {
  readonly object: 'error'
  readonly code: ProblemCode
  readonly message: string
  /** What to do next: a command or a change to the request. */
  readonly try?: string
  readonly required_scope?: string
  readonly hop: 'gateway' | 'daemon'
  readonly request_id?: string
  /** JSON path of the offending field, for `INVALID_RECORD` and `INVALID_REQUEST`. */
  readonly field?: string
}

/** Stable codes and the HTTP status each one travels with. */
export const PROBLEM_STATUS = {
  INVALID_REQUEST: 400,
  INVALID_RECORD: 400,
  INVALID_TARGET: 400,
  INVALID_HEADERS: 400,
  INVALID_CURSOR: 400,
  INVALID_SETTING: 400,
  CONNECT_PROOF_INVALID: 401,
  AUTH_REQUIRED: 401,
  AUTH_INVALID: 401,
  AUTH_REVOKED: 401,
  CHALLENGE_REPLAYED: 401,
  CHALLENGE_STALE: 401,
  SIGNATURE_INVALID: 401,
  INVITE_INVALID: 401,
  SCOPE_FORBIDDEN: 403,
  ORIGIN_NOT_ALLOWED: 403,
  LOCAL_ONLY: 403,
  DID_CLAIM_DENIED: 403,
  THREAD_RESERVED: 403,
  HOSTNAME_NOT_INVITED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  CLOCK_CONFLICT: 409,
  ANOTHER_DAEMON_CONNECTED: 409,
  BOOTSTRAP_CLOSED: 409,
  LOCKOUT: 409,
  HOSTNAME_TAKEN: 409,
  BACKUP_RUNNING: 409,
  BACKUP_REFUSED: 409,
  REGISTRY_FULL: 409,
  CODE_USED: 410,
  CURSOR_EPOCH_CHANGED: 409,
  CURSOR_FUTURE: 409,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  HOST_NOT_ALLOWED: 421,
  HOSTNAME_UNKNOWN: 421,
  IDEMPOTENCY_KEY_REUSED: 422,
  UPGRADE_REQUIRED: 426,
  RATE_LIMITED: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL: 500,
  STORE_DAMAGED: 500,
  BACKUP_DAMAGED: 500,
  BACKUP_FAILED: 500,
  STORE_FAILED: 500,
  TUNNEL_INTERRUPTED: 502,
  BAD_UPSTREAM_RESPONSE: 502,
  TUNNEL_OFFLINE: 503,
  TUNNEL_BUSY: 503,
  POLICY_MISSING: 503,
  GATEWAY_STORAGE_FULL: 503,
  REGISTRY_UNAVAILABLE: 503,
  CONSUMER_TOO_SLOW: 503,
  DAEMON_STOPPING: 503,
  STORE_BUSY: 503,
  STORE_MISSING: 503,
  STORE_REPLACED: 503,
  HEAD_TIMEOUT: 504,
  GATEWAY_MISCONFIGURED: 500,
  STORE_CEILING_REACHED: 507,
  STORE_FULL: 507,
  BACKUP_NO_ROOM: 507,
} as const

export type ProblemCode = keyof typeof PROBLEM_STATUS
