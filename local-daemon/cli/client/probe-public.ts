import { readFile } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'
import { originClient } from './daemon-client.ts'
import { askInstance } from './ask-instance.ts'
import type { RunningFacts } from './running-file.ts'

/** Milliseconds for the whole answer. Shorter than the gateway's patience with a daemon that is away: status is asked by people. */
const WITHIN_MS = 8_000
/** Bytes of it: a proof is a few hundred. */
const ANSWER_BYTES = 64 * 1024

/** Whether the public hostname leads to this very daemon, and if not, why. */
export interface Reachability {
  readonly reachable: boolean
  readonly reason: string | null
}

/**
 * Lets the server behind the public hostname prove that it is this daemon: by its key, and by the name of its process, which a
 * copy of the home does not have. The state of the tunnel's socket is no proof: only an answer is.
 * @param running name of the process that answers on the home's socket, if it is known
 */
export async function probePublic(
  facts: RunningFacts,
  gateway: string,
  running?: string,
): Promise<Reachability> {
  try {
    const ca = facts.gateway_ca === null ? undefined : await readFile(facts.gateway_ca, 'utf8')
    const origin = new URL(gateway)
    const limits = { ca, silenceMs: WITHIN_MS, withinMs: WITHIN_MS, answerBytes: ANSWER_BYTES }
    const client = originClient(origin, undefined, '--gateway', limits)
    const { did, process } = await askInstance(client, origin)
    if (did !== facts.instance_did) return no('another daemon answers there')
    if (running !== undefined && process !== running) {
      return no('another daemon with this identity is connected in its place: a copy of this home')
    }
    return { reachable: true, reason: null }
  } catch (error) {
    return no(error instanceof CliError ? `${error.message} [${error.code}]` : String(error))
  }
}

function no(reason: string): Reachability {
  return { reachable: false, reason }
}
