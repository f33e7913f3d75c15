/**
 * Every bound of the wire in one place. Both ends enforce the same numbers; a peer that exceeds one
 * is told so with a code and, where the connection can no longer be trusted, closed.
 */
export const LIMITS = {
  /** Largest WebSocket message of the tunnel, bytes. The platform takes 32 MiB; small keeps links fair. */
  messageBytes: 1024 * 1024,
  /** Largest payload of one DATA frame, bytes. 32 to 64 KiB is the fastest size measured. */
  dataBytes: 64 * 1024,
  /** Data put into one message before it is sent: what a head may have to wait for, bytes. */
  dataPerMessage: 256 * 1024,
  /** Largest body that travels in its head's own frame, bytes. */
  inlineBodyBytes: 32 * 1024,
  /** Largest JSON head (method, target and headers, or status and headers), bytes. */
  headBytes: 64 * 1024,
  /** Largest request target, bytes of the request line. */
  targetBytes: 16 * 1024,
  /** Most header fields in one head. */
  headerFields: 256,
  /** Connections of one home: one that serves, and one that finishes. Each has windows of its own in the object's 128 MB. */
  homeConnections: 2,
  /** Streams open at once on one connection. A reset stream counts until the other side confirms. */
  concurrentStreams: 1024,
  /** Streams cancelled by the opener, per interval, before it opens no more; the acceptor bears twice it. */
  cancelledOpens: 2_000,
  /** As many by one holder of a share, before it is refused: the others are not to suffer. */
  cancelledOpensPerHolder: 500,
  /** Of each pool that clients of the gateway share, what is set aside for the owner: one part in so many. */
  ownerReserve: 16,
  /** Length of that interval, milliseconds. */
  cancelledOpensIntervalMs: 10_000,
  /** Window that a stream starts with, bytes, while there is room. */
  streamWindow: 256 * 1024,
  /** Least window, bytes: set aside for every slot, so that no stream is ever refused one. */
  streamWindowMin: 16 * 1024,
  /** Largest window that one stream may grow to, bytes. */
  streamWindowMax: 4 * 1024 * 1024,
  /** Body bytes of all streams together that the other side may be ahead: far below an object's 128 MB. */
  connectionWindow: 48 * 1024 * 1024,
  /**
   * Consumed bytes after which the connection's credit is renewed. Windows are promised from the rest of
   * `connectionWindow` only, so that streams which nobody reads can never use up the credit of the others.
   */
  connectionGrantStep: 1024 * 1024,
  /** Bytes that a stream may queue for sending before its writer is told to wait. */
  sendQueueBytes: 128 * 1024,
  /** Groups of one connection; further views are served one by one. */
  groups: 256,
  /** Bytes of events that wait to be sent to a group, before it is given up and its members resume. */
  groupQueueBytes: 4 * 1024 * 1024,
  /** Largest last word to one member of a group, bytes. */
  farewellBytes: 4096,
  /** Clients whose event streams the gateway holds at once; an object may have 32768 sockets. */
  subscribers: 20_000,
  /** Largest single event of a stream that the gateway can resume, bytes: a record and what surrounds it. */
  eventBytes: 2 * 1024 * 1024,
  /** Events that wait for a subscriber's client in its group, bytes; one event alone may be larger. */
  subscriberBytes: 256 * 1024,
  /** The same for all of them in one Worker together: a quarter of its 128 MB. */
  subscribersBytes: 32 * 1024 * 1024,
  /** How long a client may take nothing of what waits for it, milliseconds. */
  subscriberStallMs: 60_000,
  /** How often the gateway sends a subscriber a comment, milliseconds. */
  subscriberHeartbeatMs: 15_000,
  /** How long an event stream outlives the tunnel, milliseconds. */
  streamAwayMs: 3_600_000,
  /** How long one waits that could not begin, milliseconds; then it ends, and its client asks again by itself. */
  streamHoldMs: 300_000,
  /** Seconds that a resume code of a ticket's stream lasts; the gateway gets a fresh one before half of it is over. */
  resumeSeconds: 24 * 3600,
  /** Largest HELLO, bytes of JSON. */
  helloBytes: 4096,
  /** Longest reason in a GO_AWAY, bytes of text. */
  goAwayReasonBytes: 1024,
  /** Control frames waiting to be sent before a peer that takes none is closed. */
  controlFrames: 8_192,
  /** Largest message of a relayed WebSocket, bytes, its record header included. */
  webSocketMessageBytes: 1024 * 1024,
  /** Messages that a relayed WebSocket's client may be ahead of home, bytes. */
  webSocketQueueBytes: 2 * 1024 * 1024,
  /** The same for all of them together: a quarter of an object's 128 MB. */
  webSocketQueuesBytes: 32 * 1024 * 1024,
  /** How long the gateway holds a request while the daemon is away, milliseconds. */
  parkMs: 10_000,
  /** Time away after which the gateway no longer waits for a daemon, milliseconds; nor for one that never came. */
  parkAwayMs: 60_000,
  /** Requests that it holds at once. */
  parkedRequests: 1024,
  /** Their heads together, bytes. */
  parkedBytes: 4 * 1024 * 1024,
  /** Longest signature field of a connect request, characters. */
  proofFieldCharacters: 1024,
  /** Seconds that a challenge is good for. */
  challengeSeconds: 30,
  /** Challenges that a gateway's object remembers as used, of those that would still be good. */
  usedChallenges: 8192,
  /** How long the gateway waits for the next byte of a request's body, milliseconds. */
  uploadStallMs: 30_000,
  /** What it reads and drops of a body that nobody wants, so that its sender sees the answer: bytes, and milliseconds. */
  lingerBytes: 64 * 1024 * 1024,
  lingerMs: 20_000,
  /** The same from one piece to the next, milliseconds. */
  lingerStallMs: 3_000,
  /** How often the object may be asked for its origins, that refusals be readable: at once, and per second. */
  originLookups: 500,
  originLookupsPerSecond: 100,
  /** The same for origins that it did not allow a moment ago. */
  unknownOriginLookups: 50,
  unknownOriginLookupsPerSecond: 10,
  /** How long a connection of the daemon may be silent, its pings counted, before the daemon is away, milliseconds. */
  silenceMs: 45_000,
  /** Largest body of one record, bytes of canonical JSON. */
  recordBytes: 1024 * 1024,
  /** Deepest nesting of a record's body. */
  recordDepth: 64,
  /** Most values in a record's body, nested ones counted: each costs the daemon's one thread more than its bytes. */
  recordValues: 10_000,
  /** Most parents of one record. */
  recordParents: 64,
  /** Deepest nesting of anything signed as canonical JSON: a body inside its record. */
  canonicalDepth: 65,
  /** Largest canonical JSON text of anything signed, bytes: a body and 16 KiB for what surrounds it. */
  canonicalBytes: 1024 * 1024 + 16 * 1024,
  /** Longest bearer token, characters: every part at its longest. */
  tokenCharacters: 161,
  /** Hostnames of one gateway for several owners: each Worker has them all in memory. */
  gatewayHostnames: 500,
  /** Invites to it that may be open at once. */
  gatewayInvites: 100,
  /** Longest life of such an invite, seconds. */
  gatewayInviteSeconds: 30 * 24 * 3600,
  /** Largest body of a request to its registry, bytes. */
  registryBodyBytes: 4096,
  /** Longest ticket, invite or resume code, characters: 84 bytes in base58 behind a tag of four. */
  codeCharacters: 119,
  /** Largest edge policy, bytes of JSON; with more live tokens than that holds, the edge does not know them. */
  policyBytes: 256 * 1024,
  /** Most origins whose pages may call. */
  corsOrigins: 64,
  /** Longest origin, characters: a scheme, a host name of 253 and a port. */
  originCharacters: 270,
} as const
