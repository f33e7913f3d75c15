import { readFile } from 'node:fs/promises'
import type { Problem } from '../../../protocol/problem.ts'
import { readBeginning } from '../read-answer.ts'
import { sendRequest, SilentError } from '../send-request.ts'
import type { Health } from '../serve/presence.ts'

/** Milliseconds that the whole answer may take. */
const PROBE_MS = 5_000
/** Bytes of an answer that are read: `/health` is a few hundred. */
const PROBE_BYTES = 16_384

export interface Probe {
  readonly url: URL
  /** PEM file of a certificate made at home, for the gateway that the daemon is connected to. */
  readonly cacert?: string | null | undefined
  /** The did:key of the daemon that the bearer will be for. */
  readonly expected: string
}

/** What is wrong with an address before a device is told to use it: one line each, none if all is well. */
export async function probeUrl(probe: Probe, withinMs = PROBE_MS): Promise<string[]> {
  return [...aboutAddress(probe.url), ...(await aboutAnswer(probe, withinMs))]
}

/** What can be told without asking. `new URL` has brought every spelling of an address to one form. */
function aboutAddress({ protocol, hostname, origin }: URL): string[] {
  if (LOOPBACK.test(hostname)) {
    return [`${origin} is this machine's own address: a phone or another machine cannot reach it`]
  }
  if (protocol === 'https:') return []
  return [
    `${origin} is plain http: whoever is on the way can read the bearer, unless the way is a tailnet or another VPN`,
  ]
}

const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\])$/u

async function aboutAnswer({ url, cacert, expected }: Probe, withinMs: number): Promise<string[]> {
  const signal = AbortSignal.timeout(withinMs)
  try {
    const ca = cacert ? await readFile(cacert, 'utf8') : undefined
    const response = await sendRequest(
      { origin: url, ca },
      { method: 'GET', path: '/health', silenceMs: withinMs, signal },
    )
    const answer = parse(await readBeginning(response, PROBE_BYTES))
    if (response.statusCode !== 200) {
      return [
        `${url.origin} does not lead to a daemon now: ${answer.code ?? `status ${response.statusCode}`}`,
      ]
    }
    if (answer.instance_did === expected) return []
    return [
      answer.instance_did === undefined
        ? `what answers at ${url.origin} is no spl daemon`
        : `another daemon answers at ${url.origin}: ${answer.instance_did}, not ${expected}`,
    ]
  } catch (error) {
    const late = signal.aborted || error instanceof SilentError
    const reason = late ? `no answer within ${withinMs / 1000} s` : (error as Error).message
    return [`${url.origin} cannot be reached from here: ${reason}`]
  }
}

function parse(body: string): Partial<Health & Problem> {
  try {
    return (JSON.parse(body) ?? {}) as Partial<Health & Problem>
  } catch {
    return {}
  }
}
