import { LIMITS } from '../../protocol/limits.ts'
import type { QueryFault } from '../../protocol/http/check-query.ts'
import type { Refusal } from './refusal.ts'

/** Why what a request shows for itself is not good. */
export const CREDENTIAL_REFUSALS = {
  missing: {
    code: 'AUTH_REQUIRED',
    message: 'This request needs a bearer token',
    try: 'send the header Authorization: Bearer spl_…',
  },
  malformed: {
    code: 'AUTH_INVALID',
    message:
      'The Authorization header does not hold a bearer token of the form spl_<env>_<account>_<secret>',
    try: 'send Authorization: Bearer spl_…, with the token copied whole',
  },
  doubled: {
    code: 'INVALID_HEADERS',
    message: 'Authorization came more than once',
    try: 'send the header Authorization once',
  },
  forged: {
    code: 'AUTH_INVALID',
    message: 'The bearer token was not issued by the instance behind this host',
    try: 'ask the owner of this host for a bearer of their instance',
  },
  'no-invite': {
    code: 'AUTH_INVALID',
    message: 'This route takes a good invite and nothing else',
    try: 'send the header Authorization: Bearer spi_… with an invite that has not expired',
  },
  'bad-ticket': {
    code: 'AUTH_INVALID',
    message: 'The query does not hold one good ticket for this path',
    try: 'get a new one from POST /v1/stream-tickets for each stream, and use it within its time',
  },
} as const satisfies Readonly<Record<string, Refusal>>

export const LOCAL_ONLY: Refusal = {
  code: 'LOCAL_ONLY',
  message: 'This route answers only on the machine where the daemon runs',
  try: 'run `spl` on that machine',
}

/** @param seconds until the next request may pass */
export function tooManyRequests(seconds: number): Refusal {
  return {
    code: 'RATE_LIMITED',
    message: 'Too many requests come from this address',
    try: `wait ${seconds} s, and spread the requests`,
    retryAfter: seconds,
  }
}

/** @param seconds until the next request may pass */
export function tooManyStrangers(seconds: number): Refusal {
  return {
    code: 'RATE_LIMITED',
    message: 'Too many requests without a good bearer token come from this address',
    try: `wait ${seconds} s, and send a bearer that the owner of this host has issued`,
    retryAfter: seconds,
  }
}

/** The same for daemons, whose proof does not hold. */
export function tooManyProofs(seconds: number): Refusal {
  return {
    ...tooManyStrangers(seconds),
    message: 'Too many connect proofs that do not hold come from this address',
    try: `wait ${seconds} s; the daemon's key must be the one that this gateway was deployed for`,
  }
}

/** A query that a route of the gateway's own does not take. */
export function invalidQuery({ message, field, try: next }: QueryFault): Refusal {
  return { code: 'INVALID_REQUEST', message, try: next, details: { field } }
}

/** The answer for a host without an owner. */
export const HOSTNAME_UNKNOWN: Refusal = {
  code: 'HOSTNAME_UNKNOWN',
  message: 'This gateway does not serve this hostname',
  try: 'check its spelling; the daemon that is to have it joins with an invite of the admin: spl gateway join',
}

/** The answer to a request signed for a host of another gateway: perhaps somebody passed it on. */
export const OTHER_HOST: Refusal = {
  code: 'HOSTNAME_UNKNOWN',
  message: 'This gateway does not answer for this host',
  try: 'start it with that name and port, spl gateway serve --hostname <name>[:<port>] (on Cloudflare PUBLIC_HOSTNAMES), or use one that it has',
}

/** By the reason why a challenge is invalid. */
export const CHALLENGE_REFUSALS = {
  stale: {
    code: 'CHALLENGE_STALE',
    message: 'The signed challenge is no longer valid',
    try: 'ask for a new one and sign again at once',
  },
  replayed: {
    code: 'CHALLENGE_REPLAYED',
    message: 'The signed challenge was used before',
    try: 'ask for a new challenge for each request',
  },
  busy: {
    code: 'RATE_LIMITED',
    message: 'This key has sent too many signed requests',
    try: 'wait half a minute',
    retryAfter: LIMITS.challengeSeconds,
  },
} as const satisfies Readonly<Record<string, Refusal>>

/** Not from this book or too old; signed before; or too many were used just now. */
export type ChallengeFault = keyof typeof CHALLENGE_REFUSALS

export const NO_ORIGIN: Refusal = {
  code: 'ORIGIN_NOT_ALLOWED',
  message: 'Pages of this origin may not call this host',
  try: 'if the page is yours, allow its origin at home: spl config get auth_cors_origins lists the origins; give them all, and this one, to spl config auth-set-cors-origins',
}
