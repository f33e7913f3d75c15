import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventSource } from 'eventsource'
import { expect, test } from 'vitest'
import { loadIdentity } from '../../local-daemon/access/identity/identity.ts'
import { homeAt } from '../../local-daemon/home/home.ts'
import { prepareHome } from '../../local-daemon/home/prepare-home.ts'
import { until } from '../support/until.ts'
import { GatewayChild } from './gateway-child.ts'
import { HomeChild } from './home-child.ts'

const CLIENTS = 400

test('400 clients that follow a feed come back by themselves after gateway and daemon were killed', async () => {
  await using undo = new AsyncDisposableStack()
  const directory = mkdtempSync(join(tmpdir(), 'spl-event-sources-'))
  undo.defer(() => rmSync(directory, { recursive: true, force: true }))
  const homePath = join(directory, 'home')
  const paths = homeAt(homePath)
  prepareHome(paths)
  const ownerDid = loadIdentity(paths).did
  const gateway = undo.use(
    new GatewayChild({ ownerDid, directory: join(directory, 'gateway'), connections: 1024 }),
  )
  await gateway.start()
  const gatewayUrl = `http://localhost:${gateway.port}`
  const home = undo.use(new HomeChild({ home: homePath, gatewayUrl }))
  await home.start()
  await home.untilConnected(20_000)
  const authorization = `Bearer ${home.bearer}`

  /** How often the clients were refused, by status. */
  const refused: Record<number, number> = {}
  const fetchWithBearer: typeof fetch = async (input, init) => {
    const answer = await fetch(input, {
      ...init,
      headers: { ...(init?.headers as Record<string, string>), authorization },
    })
    if (answer.status !== 200) refused[answer.status] = (refused[answer.status] ?? 0) + 1
    return answer
  }
  const seen = new Map<EventSource, string[]>()
  for (let count = 0; count < CLIENTS; count += 1) {
    const source = new EventSource(`${gatewayUrl}/v1/sync/subscribe?thread=th_kill`, {
      fetch: fetchWithBearer,
    })
    const ids: string[] = []
    source.addEventListener('record', ({ data }) =>
      ids.push((JSON.parse(data as string) as { id: string }).id),
    )
    seen.set(source, ids)
  }
  undo.defer(() => {
    for (const source of seen.keys()) source.close()
  })
  const append = async (text: string) => {
    const answer = await fetch(`${gatewayUrl}/v1/records`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({
        thread: 'th_kill',
        actor: 'did:sync:user:ada',
        act: 'KNOW',
        body: { text },
      }),
    })
    return ((await answer.json()) as { id: string }).id
  }
  const ids: string[] = []
  const allHave = () =>
    until('every client has every record', () =>
      [...seen.values()].every(({ length }) => length >= ids.length),
    )

  ids.push(await append('before'))
  await allHave()
  // The gateway's end comes first: its clients ask a new one, whose home has not come yet.
  await Promise.all([gateway.kill(), home.kill()])
  await gateway.start()
  const open = () => [...seen.keys()].filter(({ readyState }) => readyState === EventSource.OPEN)
  await until('all are held by the gateway', () => open().length === CLIENTS)
  await home.start()
  await home.untilConnected(20_000)
  ids.push(await append('after'))
  await allHave()

  expect(refused).toEqual({})
  const closed = [...seen.keys()].filter(({ readyState }) => readyState === EventSource.CLOSED)
  expect(closed).toHaveLength(0)
  for (const got of seen.values()) expect(got).toEqual(ids)
}, 60_000)
