import type { Check } from './check.ts'
import { failure, pass, skip, warning } from './outcomes.ts'
import { sendRequest } from '../client/send-request.ts'
import type { Link } from '../tunnel/link-rows.ts'

/** Milliseconds for one small answer, the whole of it. */
const WITHIN_MS = 8_000
/** `Date` has whole seconds, and the way there and back takes its time: less than this says nothing. */
const WARN_MS = 5_000
/** Records and the ends of tokens, which are by home's clock everywhere, are off by more than anybody expects. */
const FAIL_MS = 60_000

/** What an answer of the public hostname tells beside its content. */
export interface EdgeFacts {
  /** This machine's clock minus the other one's, milliseconds; undefined if the answer had no usable `Date`. */
  readonly offsetMs: number | undefined
  /** Whether Cloudflare served it. */
  readonly onCloudflare: boolean
}

/** Asks once; undefined if nothing answers, which other checks explain. */
export async function askEdge(origin: URL, ca: string | undefined): Promise<EdgeFacts | undefined> {
  const before = Date.now()
  try {
    const response = await sendRequest(
      { origin, ca },
      {
        method: 'HEAD',
        path: '/health',
        silenceMs: WITHIN_MS,
        signal: AbortSignal.timeout(WITHIN_MS),
      },
    )
    response.resume()
    const middle = (before + Date.now()) / 2
    // Cut to whole seconds: half a second later on average.
    const told = Date.parse(response.headers.date ?? '') + 500
    return {
      offsetMs: Number.isNaN(told) ? undefined : Math.round(middle - told),
      onCloudflare: response.headers['cf-ray'] !== undefined,
    }
  } catch {
    return undefined
  }
}

/**
 * Whether this machine's clock is right, by the one of the public hostname. Where that sends no `Date` (raw workerd), by
 * the time that the gateway told when it was last dialed.
 */
export function clockCheck(edge: EdgeFacts | undefined, link: Link | undefined): Check {
  const name = 'clock'
  const told = edge?.offsetMs
  const proven = link?.configured && link.state === 'connected' ? -link.clock_offset_ms : undefined
  const offset = told ?? proven
  if (offset === undefined) return skip(name, 'no public hostname sends the time')
  const off = Math.abs(offset)
  const details = { offset_ms: offset }
  if (off < WARN_MS) return pass(name, 'correct, compared with the public hostname', details)
  const message = `${Math.round(off / 1000)} s ${offset > 0 ? 'fast' : 'slow'}, compared with the public hostname`
  const next = 'turn on time synchronisation, for example: timedatectl set-ntp true'
  return off < FAIL_MS
    ? warning(name, message, next, details)
    : failure(name, message, next, details)
}
