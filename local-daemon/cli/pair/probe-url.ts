import { readFile } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'
import { originClient } from '../client/daemon-client.ts'
import { askInstance } from '../client/ask-instance.ts'

/** Milliseconds that the whole answer may take. */
const PROBE_MS = 5_000
/** Bytes of an answer that are read: a proof is a few hundred. */
const PROBE_BYTES = 16_384

export interface Probe {
  readonly url: URL
  /** PEM file of a self-signed certificate, for the gateway that the daemon is connected to. */
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
    `${origin} is plain http: anyone on the way can read the bearer token, unless the way is a tailnet or another VPN`,
  ]
}

const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\])$/u

async function aboutAnswer({ url, cacert, expected }: Probe, withinMs: number): Promise<string[]> {
  try {
    const ca = cacert ? await readFile(cacert, 'utf8') : undefined
    const limits = { ca, silenceMs: withinMs, withinMs, answerBytes: PROBE_BYTES }
    const { did } = await askInstance(originClient(url, undefined, '--url', limits), url)
    return did === expected
      ? []
      : [`another daemon answers at ${url.origin}: ${did}, not ${expected}`]
  } catch (error) {
    return [aboutFailure(url, error, withinMs)]
  }
}

function aboutFailure({ origin }: URL, error: unknown, withinMs: number): string {
  if (!(error instanceof CliError)) return `${origin} cannot be reached from here: ${String(error)}`
  switch (error.code) {
    case 'DAEMON_TIMEOUT':
      return `${origin} cannot be reached from here: no answer within ${withinMs / 1000} s`
    case 'DAEMON_UNREACHABLE':
      return `${origin} cannot be reached from here: ${error.message}`
    case 'NOT_SPL':
    case 'ANSWER_INVALID':
      return `what answers at ${origin} is not a spl daemon`
    case 'IDENTITY_UNPROVEN':
      return error.message
    default:
      return `${origin} does not reach a daemon: ${error.code}`
  }
}
