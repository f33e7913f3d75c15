import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Principal } from '../../../local-daemon/access/principal.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { aRealHome, type RealHome } from '../../support/daemon/a-real-home.ts'
import {
  aThread,
  FOLLOW,
  untilGone,
  untilHas,
  untilJoined,
} from '../../support/clients/follow-feed.ts'
import { setGatewayClock } from '../../support/gateway/gateway-clock.ts'
import { send, type Sending } from '../../support/clients/send.ts'
import { subscribe } from '../../support/clients/subscriber.ts'
import { until } from '../../support/until.ts'

const STREAM = '/v1/sync/subscribe'
let home: RealHome
beforeAll(async () => {
  home = await aRealHome({ movableClock: true })
})
afterAll(() => home[Symbol.asyncDispose]())

const joined = () => untilJoined(home, 1)
const gone = (thread: string) => untilGone(home, thread)

const aReader = (expiresAt: number | null = null) =>
  home
    .daemon()
    .access.accounts.createWithToken({ name: 'page', scopes: ['records:read'] }, expiresAt)

/** The URL of a page's stream, with a ticket that was got with this bearer, at home: the edge may not know it yet. */
async function aPage(thread: string, bearer = home.bearer): Promise<string> {
  const { port } = home.daemon().addresses.tcp
  const answer = await fetch(`http://127.0.0.1:${port}/v1/stream-tickets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ path: STREAM }),
  })
  const { ticket } = (await answer.json()) as { ticket: string }
  return `${STREAM}?thread=${thread}&ticket=${ticket}`
}

describe.for(FOLLOW)('a feed by %s that a ticket has opened', ([, follow]) => {
  test('begins after the last event that its query names, and goes on from what came since when it is cut', async () => {
    const thread = aThread()
    await home.append(thread)
    const { store } = home.daemon()
    const seen = store.cursorAt(store.head())
    const missed = await home.append(thread)
    const page = `${await aPage(thread, (await aReader()).token)}&lastEventId=${seen}`
    const one = await follow(home, page)
    const ids = [missed]
    for (let loss = 0; loss < 2; loss += 1) {
      await joined()
      ids.push(await home.append(thread))
      home.link.cut()
      ids.push(await home.append(thread))
      await untilHas(one, ids)
    }
    expect(one.ids).toEqual(ids)
    await one.leave()
    await gone(thread)
  })

  test('goes on over a link that is cut and a daemon that is started again, with no gap and no repeat', async () => {
    const thread = aThread()
    const page = await aPage(thread, (await aReader()).token)
    const one = await follow(home, page)
    const ids: string[] = []
    for (let loss = 0; loss < 4; loss += 1) {
      await joined()
      ids.push(await home.append(thread))
      if (loss % 2 === 0) home.link.cut()
      else {
        await home.daemon().stop()
        await home.startDaemon()
      }
      ids.push(await home.append(thread))
      await untilHas(one, ids)
    }
    expect(one.ids).toEqual(ids)
    expect(one.ending()).toBeUndefined()
    // The ticket itself stays burnt.
    expect((await fetch(home.gateway.origin + page)).status).toBe(401)
    await one.leave()
    await gone(thread)
  })

  test('goes on if the owner’s own ticket has opened it', async () => {
    const thread = aThread()
    const { ticket } = home.daemon().access.tickets.issue({ kind: 'owner' }, STREAM)
    const one = await follow(home, `${STREAM}?ticket=${ticket}&thread=${thread}`)
    await joined()
    await home.daemon().stop()
    await home.startDaemon()
    const ids = [await home.append(thread)]
    await untilHas(one, ids)
    expect([one.ids, one.ending()]).toEqual([ids, undefined])
    await one.leave()
    await gone(thread)
  })

  test.for([
    ['is revoked', 'AUTH_REVOKED'],
    ['expires', 'AUTH_INVALID'],
  ] as const)('ends with the reason if its token %s while home is away', async ([how, code]) => {
    const thread = aThread()
    const soon = Math.floor(Date.now() / 1000) + 3
    const { token, tokenId } = await aReader(how === 'expires' ? soon : null)
    const one = await follow(home, await aPage(thread, token))
    await joined()
    const ids = [await home.append(thread)]
    await untilHas(one, ids)
    home.link.close()
    home.link.cut()
    if (how === 'is revoked') await home.daemon().access.accounts.revokeToken(tokenId)
    else await sleep(1000 * soon - Date.now() + 100)
    await home.append(thread)
    home.link.open()
    await until('the stream has ended', () => one.ending() !== undefined)
    expect(one.ending()).toBe(follow === subscribe ? 'end' : `4401 ${code}`)
    expect(one.error()).toMatchObject({ object: 'error', code, hop: 'daemon' })
    expect(one.ids).toEqual(ids)
    await gone(thread)
  })
})

test('the code that resumes a stream is refused from any client', async () => {
  const thread = aThread()
  const { account, tokenId, token } = await aReader()
  const { port, authority } = home.gateway
  const principal = { kind: 'account', account, tokenId } as Principal
  const view = `${STREAM}?thread=${thread}`
  const { resumption } = home.daemon().access
  const request = new Request(`http://${authority}${view}`)
  const leave = resumption.issue(request, { via: 'tunnel' }, principal) ?? ''
  // It is a good one: from inside it would open the stream.
  expect(await resumption.holderOf(leave, request.url)).toMatchObject({ tokenId })
  const heard = vi.spyOn(resumption, 'holderOf')
  const page = await aPage(thread, token)
  for (const [sending, status, code] of [
    [{ headers: [['authorization', `Bearer ${leave}`]] }, 401, 'AUTH_INVALID'],
    [{ path: `${view}&ticket=${leave}` }, 401, 'AUTH_INVALID'],
    [{ headers: [['x-spl-resume', leave]] }, 401, 'AUTH_REQUIRED'],
    [{ headers: [['X-Spl-Resume', leave]], path: `${page}&ticket=${leave}` }, 401, 'AUTH_INVALID'],
    [{ method: 'HEAD', headers: [['x-spl-resume', leave]] }, 401, undefined],
    [{ path: '/health', headers: [['authorization', `Bearer ${leave}`]] }, 401, 'AUTH_INVALID'],
    [
      {
        method: 'POST',
        path: '/v1/invites/redeem',
        headers: [['authorization', `Bearer ${leave}`]],
      },
      401,
      'AUTH_INVALID',
    ],
  ] as readonly (readonly [Sending, number, string | undefined])[]) {
    const answer = await send(port, { path: view, ...sending })
    const told = answer.text === '' ? undefined : answer.json()['code']
    expect([sending, answer.status, told]).toEqual([sending, status, code])
  }
  expect(heard).not.toHaveBeenCalled()
  heard.mockRestore()
})

test('no header and no log line has what a stream is resumed with', async () => {
  const thread = aThread()
  const issued = vi.spyOn(home.daemon().access.resumption, 'issue')
  const answer = await fetch(home.gateway.origin + (await aPage(thread)))
  const leave = issued.mock.results[0]?.value
  issued.mockRestore()
  expect(leave).toMatch(/^spr_/)
  expect([...answer.headers].flat().filter((text) => /spr_|x-spl/i.test(text))).toEqual([])
  await answer.body?.cancel()
  await gone(thread)
  expect(home.gateway.log.join('\n')).not.toContain('spr_')
})

test(
  'it is exchanged for a fresh one long before it ends, and the client sees nothing of that (real clock, 15 s)',
  { timeout: 60_000 },
  async () => {
    const thread = aThread()
    const one = await subscribe(home, await aPage(thread))
    await joined()
    const ids = [await home.append(thread)]
    await untilHas(one, ids)
    const { resumption } = home.daemon().access
    const heard = vi.spyOn(resumption, 'holderOf')
    await setGatewayClock(home.gateway.port, 500 * LIMITS.resumeSeconds + 1000)
    await until('home was asked again', () => heard.mock.calls.length === 1, 40_000)
    await joined()
    ids.push(await home.append(thread))
    await untilHas(one, ids)
    expect([one.ids, one.ending()]).toEqual([ids, undefined])
    await setGatewayClock(home.gateway.port, 0)
    expect(heard).toHaveBeenCalledTimes(1)
    heard.mockRestore()
    await one.leave()
    await gone(thread)
  },
)
