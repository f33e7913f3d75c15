import { eventStream } from './event-stream.ts'
import { onAbort } from '../connection/on-abort.ts'

export interface ProbeStreamOptions {
  readonly count: number
  readonly intervalMs: number
  /** Whether the reader's grant still exists; without it the stream ends early. */
  readonly holds: () => boolean
  readonly signals: readonly AbortSignal[]
}

/**
 * Some events at intervals, each with its sending time. If a proxy buffers them, the arrival times
 * show it. They have no id, so that nobody asks for the rest of a cut stream.
 */
export function probeStream(options: ProbeStreamOptions): ReadableStream<Uint8Array> {
  const { count, intervalMs, holds } = options
  let sent = 0
  let over = false
  let wake: (() => void) | undefined
  let leave: (() => void) | undefined

  function close() {
    over = true
    wake?.()
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => wake?.(), intervalMs)
      wake = () => {
        clearTimeout(timer)
        wake = undefined
        resolve()
      }
    })
  }

  async function nextText(): Promise<string | undefined> {
    // Not before the first read: the answer to HEAD is never read, and nothing would report its end.
    leave ??= onAbort(options.signals, close)
    if (sent > 0 && sent < count && !over) await pause()
    if (over || sent === count || !holds()) return undefined
    sent += 1
    const data = JSON.stringify({ seq: sent, of: count, time: Date.now() })
    return `event: probe\ndata: ${data}\n\n`
  }

  return eventStream(nextText, () => {
    leave?.()
    close()
  })
}
