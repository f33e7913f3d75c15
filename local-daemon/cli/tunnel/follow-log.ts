import { countText } from '../../problem/count-text.ts'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { Problem } from '../../../protocol/http/problem.ts'
import { CliError } from '../cli-error.ts'
import type { DaemonClient } from '../client/daemon-client.ts'
import { EXIT_CODE } from '../exit-code.ts'
import type { LogLine } from './log-row.ts'

/** Milliseconds between tries to come back. */
const RETRY_MS = 1_000

export interface LogToFollow {
  readonly client: DaemonClient
  readonly path: string
  /** Go on behind what is there already, also when the daemon restarts. */
  readonly follow: boolean
  readonly signal: AbortSignal
  readonly onLine: (line: LogLine) => void
  readonly onRemark: (text: string) => void
}

/**
 * Reads the request log: what is kept, then, if it is to be followed, what comes, until the signal aborts. A stream
 * that breaks is resumed at the last line.
 *
 * @throws CliError when the daemon cannot be reached at first, or refuses
 */
export async function followLog(wanted: LogToFollow): Promise<void> {
  const { signal, onRemark } = wanted
  const place: Place = { lastId: undefined }
  let wasOpen = false
  for (let gone = false; !signal.aborted;) {
    try {
      const headers = place.lastId === undefined ? {} : { 'last-event-id': place.lastId }
      const response = await wanted.client.stream(wanted.path, headers, signal)
      if (gone) onRemark('the daemon is back')
      wasOpen = true
      gone = false
      if (await readEvents(response, wanted, place)) return
    } catch (error) {
      const passes = error instanceof CliError && error.exitCode === EXIT_CODE.unreachable
      if (signal.aborted) return
      if (!wasOpen || !passes || !wanted.follow) throw error
    }
    if (signal.aborted) return
    if (!wanted.follow) throw cutShort()
    if (!gone) onRemark('the daemon ended the stream; waiting for it')
    gone = true
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
  }
}

interface Place {
  lastId: string | undefined
}

/** True when everything is read that was asked for; false when the stream broke. */
async function readEvents(
  response: IncomingMessage,
  { follow, onLine, onRemark }: LogToFollow,
  place: Place,
): Promise<boolean> {
  let done = false
  const parser = createParser({
    onEvent({ event, id, data }: EventSourceMessage) {
      if (done) return
      if (id !== undefined) place.lastId = id
      if (event === 'request') onLine(parse<LogLine>(data))
      else if (event === 'ready') done = !follow
      else if (event === 'gap') {
        const { missed } = parse<{ missed: number }>(data)
        onRemark(
          `${countText(Number(missed), 'line was', 'lines were')} overwritten before being read`,
        )
      } else if (event === 'error') throw ended(parse<Partial<Problem>>(data))
    },
  })
  response.setEncoding('utf8')
  try {
    for await (const chunk of response as AsyncIterable<string>) {
      parser.feed(chunk)
      if (done) return true
    }
  } catch (error) {
    if (error instanceof CliError) throw error
    // Cut: by a daemon that was killed, or a link that went silent.
  } finally {
    response.destroy()
  }
  return done
}

function parse<Value>(data: string): Value {
  try {
    return JSON.parse(data) as Value
  } catch (cause) {
    throw new CliError(
      'ANSWER_INVALID',
      'the log contains an event that is not JSON: is it a spl daemon?',
      'check SPL_SERVE_URL',
      EXIT_CODE.failed,
      { cause },
    )
  }
}

function ended(problem: Partial<Problem>): CliError {
  return new CliError(
    problem.code ?? 'ANSWER_INVALID',
    problem.message ?? 'the daemon ended the stream',
    problem.try ?? 'run the same command again',
    EXIT_CODE.refused,
  )
}

function cutShort(): CliError {
  return new CliError(
    'STREAM_CUT',
    'the daemon ended the stream before everything was read',
    'run the same command again; spl status shows whether the daemon runs',
    EXIT_CODE.unreachable,
  )
}
