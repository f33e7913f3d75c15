/** Sources whose frames count as one stage of a request. */
export interface StageSources {
  readonly stage: string
  /** Files, or folders that end in `/`, from the root of the repository. */
  readonly files: readonly string[]
  /** Only these functions of the files; all of them if absent. */
  readonly functions?: readonly string[]
}

/**
 * Which stage a function belongs to: the first row that names its file. A sample counts for the innermost function that a row
 * names, so what several stages share (fields, tokens, frames' fields) is in no row and counts for its caller.
 */
export const GATEWAY_STAGES: readonly StageSources[] = [
  {
    stage: 'worker: credential',
    files: [
      'edge-gateway/door/bearer.ts',
      'edge-gateway/door/credential.ts',
      'edge-gateway/door/one-time-code.ts',
    ],
  },
  {
    stage: 'worker: form',
    files: [
      'edge-gateway/door/',
      'edge-gateway/worker/host-request.ts',
      'edge-gateway/worker/own-host.ts',
    ],
  },
  {
    stage: 'worker: hand-over',
    files: [
      'edge-gateway/worker/',
      'edge-gateway/worker.ts',
      'edge-gateway/internal/',
      'edge-gateway/deployment/',
    ],
  },
  {
    stage: 'object: frame in',
    files: ['edge-gateway/tunnel/tunnel-object.ts'],
    functions: ['webSocketMessage'],
  },
  {
    stage: 'object: frame in',
    files: [
      'protocol/multiplexer/intake.ts',
      'protocol/multiplexer/peer-frames.ts',
      'protocol/multiplexer/frame-rates.ts',
      'edge-gateway/tunnel/connection/home-frames.ts',
    ],
  },
  {
    stage: 'object: frame out',
    files: [
      'protocol/multiplexer/message-writer.ts',
      'protocol/multiplexer/message-plan.ts',
      'protocol/multiplexer/head-lane.ts',
      'protocol/multiplexer/control-lane.ts',
      'protocol/multiplexer/data-lane.ts',
      'edge-gateway/tunnel/connection/connection-output.ts',
      'edge-gateway/tunnel/connection/open-stream.ts',
    ],
  },
  { stage: 'object: answer', files: ['edge-gateway/tunnel/exchange/'] },
  { stage: 'object: dispatch', files: ['edge-gateway/tunnel/'] },
]

export const DAEMON_STAGES: readonly StageSources[] = [
  { stage: 'daemon: store', files: ['local-daemon/store/', 'node_modules/better-sqlite3/'] },
  {
    stage: 'daemon: frame out',
    files: ['local-daemon/tunnel/tunnel-session.ts'],
    functions: ['#flush', '#queueFlush'],
  },
  {
    stage: 'daemon: frame out',
    files: [
      'local-daemon/tunnel/exchange/response-pump.ts',
      'local-daemon/tunnel/message-buffers.ts',
      'protocol/multiplexer/message-writer.ts',
      'protocol/multiplexer/message-plan.ts',
      'protocol/multiplexer/head-lane.ts',
      'protocol/multiplexer/control-lane.ts',
      'protocol/multiplexer/data-lane.ts',
      'node_modules/ws/lib/sender.js',
    ],
  },
  {
    stage: 'daemon: frame in',
    files: [
      'local-daemon/tunnel/',
      'protocol/multiplexer/intake.ts',
      'protocol/multiplexer/peer-frames.ts',
      'protocol/multiplexer/frame-rates.ts',
      'node_modules/ws/lib/',
    ],
  },
  {
    stage: 'daemon: app',
    files: [
      'local-daemon/http/',
      'local-daemon/access/',
      'local-daemon/settings/',
      'local-daemon/requests/',
      'local-daemon/metrics/',
      'node_modules/hono/',
      'node_modules/pino/',
    ],
  },
]

/** Frames of ours, or of a library, that no row names, and nor are their callers. */
export const OTHER_CODE = 'other code'
export const GARBAGE = 'garbage collection'
/** Sockets, parsing of HTTP, promises and turns. */
export const NATIVE = 'runtime'
