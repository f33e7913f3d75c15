import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Scope } from '../../../protocol/identity/scopes.ts'
import { ADA, type TestDaemon } from '../../support/daemon/a-daemon.ts'

const BOB = 'did:sync:user:bob'

/** Somebody who writes records. */
export interface Caller {
  readonly at: TestDaemon
  /** Absent: over TCP. */
  readonly socketPath?: string
  readonly token?: string
  /** The DID of the account; of who has none, of some account. */
  readonly own: string
}

/** Everybody of the table of actors in docs/appendix/access.md, by name. */
export async function callersOf(
  checked: TestDaemon,
  unchecked: TestDaemon,
): Promise<Readonly<Record<string, Caller>>> {
  async function account(scope: Scope, ...actors: string[]): Promise<Caller> {
    const request = { name: 'caller', scopes: [scope], actors }
    const { token, account: id } = await checked.daemon.access.accounts.createWithToken(
      request,
      null,
    )
    return { at: checked, token, own: `did:sync:system:${id}` }
  }
  const plain = await account('records:write')
  const { socket: socketPath } = checked.daemon.addresses
  return {
    socket: { at: checked, socketPath, own: plain.own },
    'unchecked loopback': { at: unchecked, own: plain.own },
    account: plain,
    'account that lists Ada': await account('records:write', ADA),
    admin: await account('admin'),
    'admin that lists Ada': await account('admin', ADA),
  }
}

export interface Posted {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  /** Whom the request names; undefined if nobody. */
  readonly named: string | undefined
}

/**
 * Appends a record that names its actor as a row says.
 * @param names `nobody`, `header Ada`, `record own`, `both Bob` or `header Ada, record Bob`
 */
export async function postRecord(caller: Caller, names: string): Promise<Posted> {
  const inHeader = didOf(caller, /(?:header|both) (\w+)/.exec(names)?.[1])
  const inRecord = didOf(caller, /(?:record|both) (\w+)/.exec(names)?.[1])
  const { at, socketPath, token } = caller
  const { port } = at.daemon.addresses.tcp
  const place = socketPath === undefined ? { host: '127.0.0.1', port } : { socketPath }
  const body = { thread: 'th_claims', act: 'DO', body: { names }, actor: inRecord }
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...place,
      method: 'POST',
      path: '/v1/records',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(inHeader === undefined ? {} : { 'x-syncropel-actor': inHeader }),
      },
    })
    outgoing.once('error', reject)
    outgoing.once('response', (incoming) => {
      const status = incoming.statusCode ?? 0
      json(incoming).then(
        (read) => resolve({ status, body: read as Posted['body'], named: inRecord ?? inHeader }),
        reject,
      )
    })
    outgoing.end(JSON.stringify(body))
  })
}

function didOf({ own }: Caller, name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  return { own, Ada: ADA, Bob: BOB }[name]
}
