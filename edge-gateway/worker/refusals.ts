import type { QueryFault } from '../../protocol/http/check-query.ts'
import type { Refusal } from '../refusal.ts'
import { STORAGE_ROOM } from '../tunnel/storage-room.ts'
import type { CredentialFault } from './credential.ts'

export const CREDENTIAL_REFUSALS: Readonly<Record<CredentialFault, Refusal>> = {
  missing: {
    code: 'AUTH_REQUIRED',
    message: 'This request needs a bearer',
    try: 'send the header Authorization: Bearer spl_…',
  },
  malformed: {
    code: 'AUTH_INVALID',
    message:
      'The Authorization header does not hold a bearer of the form spl_<env>_<account>_<secret>',
    try: 'send Authorization: Bearer spl_…, with the bearer copied whole',
  },
  doubled: {
    code: 'INVALID_HEADERS',
    message: 'Authorization came more than once',
    try: 'send the header Authorization once',
  },
  forged: {
    code: 'AUTH_INVALID',
    message: 'The bearer was not issued by the instance behind this host',
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
}

export const LOCAL_ONLY: Refusal = {
  code: 'LOCAL_ONLY',
  message: 'This route answers only on the machine where the daemon runs',
  try: 'run `spl` on that machine',
}

const OBJECT_LOST: Refusal = {
  code: 'TUNNEL_INTERRUPTED',
  message: 'The gateway lost the request before its answer began',
  try: 'a safe request may be sent again at once; check others first',
}

const STORAGE_FULL: Refusal = {
  code: 'GATEWAY_STORAGE_FULL',
  message: "The gateway's disk is full",
  try: 'make room on the disk of its --storage; it goes on by itself',
  retryAfter: 1,
}

/** What to say of an object that has failed. @param now milliseconds since 1970 */
export function refusalOfFailure(error: unknown, now: number): Refusal {
  return STORAGE_ROOM.learn(error, now) ? STORAGE_FULL : OBJECT_LOST
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
    message: 'Too many requests without a good bearer come from this address',
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
