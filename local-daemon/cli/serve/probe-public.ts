import { readFile } from 'node:fs/promises'
import type { Problem } from '../../../protocol/problem.ts'
import { readAnswer } from '../read-answer.ts'
import { sendRequest } from '../send-request.ts'
import type { Health } from './presence.ts'
import type { RunningFacts } from './running-file.ts'

/** Milliseconds for the whole answer. Shorter than the gateway's patience with a daemon that is away: status is asked by people. */
const WITHIN_MS = 8_000
/** Bytes of it: `/health` is a few hundred. */
const ANSWER_BYTES = 64 * 1024

/** Whether the public hostname leads to this very daemon, and if not, why. */
export interface Reachability {
  readonly reachable: boolean
  readonly reason: string | null
}

/**
 * Asks for `/health` from outside, through the gateway and the tunnel, and compares the identity that
 * answers. The state of the tunnel's socket is no proof: only an answer is.
 */
export async function probePublic(facts: RunningFacts, gateway: string): Promise<Reachability> {
  try {
    const ca = facts.gateway_ca === null ? undefined : await readFile(facts.gateway_ca, 'utf8')
    const response = await sendRequest(
      { origin: new URL(gateway), ca },
      {
        method: 'GET',
        path: '/health',
        silenceMs: WITHIN_MS,
        signal: AbortSignal.timeout(WITHIN_MS),
      },
    )
    const answer = (JSON.parse(await readAnswer(response, ANSWER_BYTES)) ?? {}) as Partial<
      Health & Problem
    >
    if (response.statusCode !== 200) return no(answer.code ?? `status ${response.statusCode}`)
    if (answer.instance_did !== facts.instance_did) return no('another daemon answers there')
    return { reachable: true, reason: null }
  } catch (error) {
    return no((error as Error).message)
  }
}

function no(reason: string): Reachability {
  return { reachable: false, reason }
}
