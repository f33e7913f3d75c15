import { errorEvent, HEARTBEAT_COMMENT, OPENING } from '../../../protocol/events/event-text.ts'
import { GRANT_ENDS } from '../../access/authorise.ts'
import type { GrantEnd } from '../../access/bearer.ts'
import { HTTP_LIMITS } from '../limits.ts'
import type { RequestLine } from '../../requests/request-line.ts'
import type { RequestLog } from '../../requests/request-log.ts'
import { problemOf } from '../answers/answer.ts'
import { eventStream } from './event-stream.ts'
import { onAbort } from '../connection/on-abort.ts'

/** Most lines that are sent together. */
const BATCH = 100

export interface LogStreamOptions {
  readonly log: RequestLog
  /** The `Last-Event-ID` of a client that comes back. */
  readonly lastEventId: string | undefined
  /** Which lines to send. */
  readonly wanted: (line: RequestLine) => boolean
  readonly signals: readonly AbortSignal[]
  readonly watchGrant: (ended: (code: GrantEnd) => void) => () => void
}

/**
 * The request log as server-sent events: the lines still kept after the reader's place, `ready`, and each new line as it
 * comes. It keeps the reader's place and nothing else, so a slow reader costs no memory; what was overwritten
 * before it could be read is reported as `gap`.
 */
export function logStream(options: LogStreamOptions): ReadableStream<Uint8Array> {
  const { log, wanted } = options
  let last = placeOf(options.lastEventId, log)
  let state: 'new' | 'backlog' | 'live' | 'over' = 'new'
  let farewell: string | undefined
  let wake: (() => void) | undefined
  let leave: (() => void) | undefined

  function close() {
    state = 'over'
    wake?.()
  }

  /** Not before the first read: the answer to HEAD is never read, and nothing would report its end. */
  function open() {
    const unwatch = options.watchGrant((code) => {
      farewell = errorEvent(endedText(code))
      close()
    })
    const leaveSignals = onAbort(options.signals, close)
    leave = () => {
      leaveSignals()
      unwatch()
    }
  }

  /** The next matching lines; empty if there are none yet. */
  function take(): string {
    let text = ''
    if (last + 1 < log.oldest) {
      text = `event: gap\ndata: {"missed":${log.oldest - 1 - last}}\n\n`
      last = log.oldest - 1
    }
    for (let count = 0; count < BATCH && last < log.head;) {
      last += 1
      const line = log.at(last)
      if (line === undefined || !wanted(line)) continue
      text += `id: ${log.epoch}:${last}\nevent: request\ndata: ${JSON.stringify(line)}\n\n`
      count += 1
    }
    return text
  }

  /** True after the next line, false after `ms`. */
  function more(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(false), ms)
      const stop = log.onNext(() => finish(true))
      wake = () => finish(true)
      function finish(came: boolean) {
        clearTimeout(timer)
        stop()
        wake = undefined
        resolve(came)
      }
    })
  }

  async function nextText(): Promise<string | undefined> {
    if (state === 'new') {
      state = 'backlog'
      open()
      return OPENING
    }
    // From here, not from the last line: the reader does not see lines that it filters out.
    const until = performance.now() + HTTP_LIMITS.heartbeatMs
    for (;;) {
      if (state === 'over') {
        const text = farewell
        farewell = undefined
        return text
      }
      const text = take()
      if (text !== '') return text
      if (state === 'backlog') {
        state = 'live'
        return `id: ${log.epoch}:${last}\nevent: ready\ndata: {}\n\n`
      }
      if (!(await more(until - performance.now()))) return HEARTBEAT_COMMENT
    }
  }

  return eventStream(nextText, () => {
    leave?.()
    close()
  })
}

/** The place of an event's id. Places of another process's log are unknown here, so it starts at the beginning. */
function placeOf(id: string | undefined, { epoch, head, oldest }: RequestLog): number {
  const [, of, seq] = /^([0-9a-f]{1,32}):(\d{1,15})$/.exec(id ?? '') ?? []
  return of === epoch ? Math.min(Number(seq), head) : oldest - 1
}

function endedText(code: GrantEnd): string {
  const { message, next } = GRANT_ENDS[code]
  return JSON.stringify(problemOf(code, message, { try: next }))
}
