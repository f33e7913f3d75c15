/**
 * Every limit of the protocol. Both ends enforce the same numbers. A peer that exceeds one gets a code, and the
 * connection is closed if its state is in doubt. The comments are the text of tables.md.
 */
export const LIMITS = {
  /** One WebSocket message of the tunnel, bytes. The platform takes 32 MiB; small messages keep a link fair. */
  messageBytes: 1024 * 1024,
  /** Payload of one DATA frame, bytes. 32 to 64 KiB is the fastest size measured. */
  dataBytes: 64 * 1024,
  /** Data in one message before it is sent, bytes: what a head may have to wait for. */
  dataPerMessage: 256 * 1024,
  /** Body in a HEAD frame, bytes. */
  inlineBodyBytes: 32 * 1024,
  /** Announced body that the gateway reads whole before it opens the stream, bytes. */
  smallBodyBytes: 8 * 1024,
  /** Most such bodies of one object that are not whole yet; others cross as they come. */
  smallBodies: 256,
  /** JSON of one head (method, target and headers, or status and headers), bytes. */
  headBytes: 64 * 1024,
  /** Request target, bytes of the request line. */
  targetBytes: 16 * 1024,
  /** Header fields in one head. */
  headerFields: 256,
  /** Connections of one home: one in use, one that finishes. Each has its own windows in 128 MB of an object. */
  homeConnections: 2,
  /** Streams open at once on one connection. A reset stream counts until the other side confirms. */
  concurrentStreams: 1024,
  /** Streams that the opener may cancel per interval before it opens no more; the acceptor tolerates twice as many. */
  cancelledOpens: 2_000,
  /** The same for one holder of a share, before it is refused, so that others do not suffer. */
  cancelledOpensPerHolder: 500,
  /** One part in this many of each shared pool is reserved for the owner. */
  ownerReserve: 16,
  /** Length of that interval, milliseconds. */
  cancelledOpensIntervalMs: 10_000,
  /** Window that a stream starts with while there is room, bytes. */
  streamWindow: 256 * 1024,
  /** Smallest window, bytes: reserved for every slot, so that every stream gets one. */
  streamWindowMin: 16 * 1024,
  /** Largest window that one stream may grow to, bytes. */
  streamWindowMax: 4 * 1024 * 1024,
  /** Body bytes of all streams that may be ahead of their readers: far below an object's 128 MB. */
  connectionWindow: 48 * 1024 * 1024,
  /** Consumed bytes that renew the connection's credit. Windows come from the rest of `connectionWindow` only. */
  connectionGrantStep: 1024 * 1024,
  /** Queued bytes of a stream at which its writer waits. */
  sendQueueBytes: 128 * 1024,
  /** Groups of one connection; further feeds are served without a group. */
  groups: 256,
  /** Events that wait for all groups together, bytes; above, a group ends and its members resume alone. */
  groupQueueBytes: 4 * 1024 * 1024,
  /** Events in a LEAVE, bytes. */
  farewellBytes: 4096,
  /** Clients of event streams at one gateway; an object may have 32768 sockets. */
  subscribers: 20_000,
  /** One event of a stream that can be resumed, bytes: a record and what surrounds it. */
  eventBytes: 2 * 1024 * 1024,
  /** Events that wait for one client in its group, bytes; above, it continues alone. One event may be larger. */
  subscriberBytes: 256 * 1024,
  /** The same for all clients of one Worker together, bytes: a quarter of its 128 MB. */
  subscribersBytes: 32 * 1024 * 1024,
  /** How long a client may read nothing of what waits for it, milliseconds. */
  subscriberStallMs: 60_000,
  /** How often the gateway sends a subscriber a comment, milliseconds. */
  subscriberHeartbeatMs: 15_000,
  /** How long an event stream outlives the tunnel, milliseconds. */
  streamAwayMs: 3_600_000,
  /** How long an event stream waits that could not start, milliseconds; then it ends and its client asks again. */
  streamHoldMs: 300_000,
  /** Life of a resume code, seconds; the gateway gets a new one before half of it is over. */
  resumeSeconds: 24 * 3600,
  /** JSON of HELLO, bytes. */
  helloBytes: 4096,
  /** Reason in a GO_AWAY, bytes of text. */
  goAwayReasonBytes: 1024,
  /** Control frames queued for a peer that does not read, before the connection is closed. */
  controlFrames: 8_192,
  /** One message of a relayed WebSocket with its record header, bytes. */
  webSocketMessageBytes: 1024 * 1024,
  /** Messages by which a relayed WebSocket's client may be ahead of home, bytes. */
  webSocketQueueBytes: 2 * 1024 * 1024,
  /** The same for all WebSockets of a gateway together, bytes: a quarter of an object's 128 MB. */
  webSocketQueuesBytes: 32 * 1024 * 1024,
  /** How long the gateway holds a request while the daemon is away, milliseconds. */
  parkMs: 10_000,
  /** Time away after which requests are not held, milliseconds; nor for a daemon that never connected. */
  parkAwayMs: 60_000,
  /** Requests held at once. */
  parkedRequests: 1024,
  /** Their heads together, bytes. */
  parkedBytes: 4 * 1024 * 1024,
  /** One signature field of a connect request, characters. */
  proofFieldCharacters: 1024,
  /** How long a challenge is valid, seconds. */
  challengeSeconds: 30,
  /** Used challenges that an object remembers while they are valid; above, 429. */
  usedChallenges: 8192,
  /** How long the gateway waits for the next byte of a request's body, milliseconds. */
  uploadStallMs: 30_000,
  /** How much of an unwanted body the gateway reads and drops, bytes, so that the sender sees the answer. */
  lingerBytes: 64 * 1024 * 1024,
  /** The same, milliseconds. */
  lingerMs: 20_000,
  /** The same from one piece to the next, milliseconds. */
  lingerStallMs: 3_000,
  /** Lookups in the object of the origins that may read refusals, at once. */
  originLookups: 500,
  /** The same, per second. */
  originLookupsPerSecond: 100,
  /** The same for origins that were recently not allowed, at once. */
  unknownOriginLookups: 50,
  /** The same, per second. */
  unknownOriginLookupsPerSecond: 10,
  /** Silence of a daemon, including pings, after which it counts as away, milliseconds. */
  silenceMs: 45_000,
  /** Body of one record, bytes of canonical JSON. */
  recordBytes: 1024 * 1024,
  /** Nesting of a record's body. */
  recordDepth: 64,
  /** Values in a record's body, nested ones included: each costs the daemon more than its bytes. */
  recordValues: 10_000,
  /** Highest clock that is named, for a new record or one from elsewhere: half of all, so a home can always count on. */
  recordClock: 4_503_599_627_370_496,
  /** Parents of one record. */
  recordParents: 64,
  /** Nesting of anything signed as canonical JSON: a body inside its record. */
  canonicalDepth: 65,
  /** Canonical JSON of anything signed, bytes: a body and 16 KiB for what surrounds it. */
  canonicalBytes: 1024 * 1024 + 16 * 1024,
  /** One line of an export, bytes: a record and what surrounds it. */
  exportLineBytes: 2 * 1024 * 1024,
  /** Lines of records in one part of an export, bytes: a reader holds one part. */
  exportPartBytes: 8 * 1024 * 1024,
  /** Records in one part of an export. */
  exportPartRecords: 10_000,
  /** A bearer token, characters: every part at its longest. */
  tokenCharacters: 161,
  /** Hostnames of one gateway for several owners: each Worker has them all in memory. */
  gatewayHostnames: 500,
  /** Open invites of such a gateway. */
  gatewayInvites: 100,
  /** Longest life of such an invite, seconds. */
  gatewayInviteSeconds: 30 * 24 * 3600,
  /** Body of a request to its registry, bytes. */
  registryBodyBytes: 4096,
  /** A ticket, invite or resume code, characters: 84 bytes in base58 after a tag of four. */
  codeCharacters: 119,
  /** JSON of an edge policy, bytes; if the live tokens do not fit, only home knows them. */
  policyBytes: 256 * 1024,
  /** Origins whose pages may call. */
  corsOrigins: 64,
  /** One origin, characters: a scheme, a host name of 253 and a port. */
  originCharacters: 270,
} as const
