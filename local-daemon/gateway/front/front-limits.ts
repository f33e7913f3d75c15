import { LIMITS } from '../../../protocol/limits.ts'

/** The limits of the self-hosted gateway's listening socket. `docs/self-hosting.md` has them as a table. */
export const FRONT_LIMITS = {
  /** Connections at once. Fewer if the process may have few descriptors: see `connectionsFor`. */
  connections: 8_192,
  /** Descriptors of one connection: the client's socket, and the one to workerd. */
  descriptorsPerConnection: 2,
  /** Descriptors that the process keeps for everything else. */
  spareDescriptors: 128,
  /** Connections of one client address, an IPv6 one counted by its /64; and no more than `addressShare` of all. */
  connectionsPerAddress: 512,
  /** One address gets at most one part in this many of what clients share. */
  addressShare: 4,
  /** Time for a TLS handshake, milliseconds. */
  handshakeMs: 10_000,
  /** Time to send a request head: the first from the connection's start, later ones from their first byte, milliseconds. */
  headMs: 15_000,
  /** Silence in the middle of a request's body, milliseconds. */
  bodySilenceMs: 30_000,
  /** Largest request head, bytes. */
  headBytes: LIMITS.headBytes,
  /** Largest line before a chunk of a body, and largest section of trailers, bytes. */
  chunkLineBytes: 1_024,
  trailerBytes: 16 * 1024,
  /** Largest message of a WebSocket's client, bytes: of a feed, whose client sends nothing; of a daemon's tunnel; of any other. */
  feedMessageBytes: 1_024,
  tunnelMessageBytes: LIMITS.messageBytes,
  webSocketMessageBytes: LIMITS.webSocketMessageBytes,
  /** What a fragment of a message counts for besides its bytes. */
  fragmentBytes: 128,
  /** Unfinished messages of all clients, bytes; a daemon's tunnel does not count. */
  webSocketUnfinishedBytes: LIMITS.webSocketQueuesBytes,
  /** From the first close of either side until the connection is cut, milliseconds. */
  webSocketCloseMs: 5_000,
  /** How long to wait for an answer whose client sends no more, and for the next bytes of one that has begun, milliseconds. */
  halfClosedMs: 5_000,
  halfClosedSilenceMs: 1_000,
  /** What is still read from a client that has its answer: see `LingerLimits`. */
  lingerBytes: 64 * 1024 * 1024,
  lingerMs: 60_000,
  lingerSilenceMs: 2_000,
  stallMs: 120_000,
  /** Silence after which the kernel asks whether a client is still there, milliseconds. */
  keepAliveMs: 30_000,
  /** How long requests wait while workerd restarts, milliseconds. */
  workerdWaitMs: 10_000,
  /** First and longest pause before workerd is restarted; after `steadyMs` the first one again, milliseconds. */
  restartFirstMs: 100,
  restartMaxMs: 10_000,
  steadyMs: 60_000,
  /** How often the certificate's files are checked, milliseconds. */
  certificateMs: 10_000,
} as const

export type FrontLimits = { readonly [Name in keyof typeof FRONT_LIMITS]: number }

/**
 * Connections that a process may have.
 * @param openFiles descriptors that it may have; undefined if unknown
 */
export function connectionsFor(openFiles: number | undefined, limits: FrontLimits): number {
  if (openFiles === undefined) return limits.connections
  const room = openFiles - limits.spareDescriptors
  return Math.min(
    limits.connections,
    Math.max(16, Math.floor(room / limits.descriptorsPerConnection)),
  )
}
