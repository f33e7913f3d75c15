import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../../support/clients/send.ts'
import type { Arena } from '../arena.ts'
import { ask } from '../../support/clients/ask.ts'

/** An account of the daemon with its one bearer. */
export interface Account {
  readonly id: string
  readonly bearer: string
}

/** Milliseconds for which a request of the owner's is repeated: longer than any outage of a run. */
const PATIENCE_MS = 45_000
const AGAIN_MS = 50

/**
 * A request through the gateway, repeated while there is an outage of any sort.
 * @throws Error when the outage does not end
 */
export async function askUntilTold(
  arena: Arena,
  bearer: string,
  asked: { readonly method: string; readonly path: string; readonly body?: object },
): Promise<Answer> {
  const { method, path } = asked
  const body = asked.body && JSON.stringify(asked.body)
  const headers = [
    ['authorization', `Bearer ${bearer}`] as const,
    ...(body === undefined
      ? []
      : ([
          ['content-type', 'application/json'],
          ['content-length', String(Buffer.byteLength(body))],
        ] as const)),
  ]
  const side = { port: arena.clientLink.port, traffic: { underWay: 0 } }
  const sending = { method, path, headers, ...(body !== undefined && { body }) }
  for (const deadline = performance.now() + PATIENCE_MS; ;) {
    const answer = await ask(side, sending).catch(() => undefined)
    if (answer !== undefined && answer.status < 500) return answer
    if (performance.now() > deadline) throw new Error(`${method} ${path} was never answered`)
    await sleep(AGAIN_MS)
  }
}

/** A new account with one bearer. */
export async function anAccount(arena: Arena, scopes: readonly string[]): Promise<Account> {
  const answer = await askUntilTold(arena, arena.home.bearer, {
    method: 'POST',
    path: '/v1/service-accounts',
    body: { name: 'hostile', scopes, with_token: true },
  })
  const { id, minted } = answer.json() as {
    readonly id: string
    readonly minted?: { readonly token: string }
  }
  if (minted === undefined) throw new Error(`make an account: ${answer.status} ${answer.text}`)
  return { id, bearer: minted.token }
}
