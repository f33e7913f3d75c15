/** Names of the headers that the gateway alone makes, afresh for each request. */
export const GATEWAY_HEADERS = {
  forwardedFor: 'x-forwarded-for',
  forwardedProto: 'x-forwarded-proto',
  forwardedHost: 'x-forwarded-host',
  requestId: 'x-request-id',
} as const
