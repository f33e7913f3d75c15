/**
 * Cloudflare's prices and limits as its documentation had them on 2026-11-23: Durable Objects pricing, Workers pricing
 * and limits (https://developers.cloudflare.com/durable-objects/platform/pricing/,
 * https://developers.cloudflare.com/workers/platform/pricing/). US dollars.
 */
export const PRICES = {
  date: '2026-11-23',
  /** So many incoming WebSocket messages count as one request to an object. */
  messagesPerRequest: 20,
  /** GB of an object while it is active. */
  objectGb: 0.128,
  free: { workerRequestsPerDay: 100_000, objectRequestsPerDay: 100_000, gbSecondsPerDay: 13_000 },
  paid: {
    perMonth: 5,
    workerRequests: { included: 10_000_000, perMillion: 0.3 },
    objectRequests: { included: 1_000_000, perMillion: 0.15 },
    gbSeconds: { included: 400_000, perMillion: 12.5 },
    cpuMs: { included: 30_000_000 },
  },
} as const
