/**
 * Names of the headers that the gateway alone makes, afresh for each request. `resume` is between gateway and home:
 * no client can send it, and none gets it.
 */
export const GATEWAY_HEADERS = {
  forwardedFor: 'x-forwarded-for',
  forwardedProto: 'x-forwarded-proto',
  forwardedHost: 'x-forwarded-host',
  requestId: 'x-request-id',
  resume: 'x-spl-resume',
} as const
