import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FOLLOW, untilHas, untilJoined } from '../../support/clients/follow-feed.ts'
import { until } from '../../support/until.ts'
import { aReachWorld, KINDS, type ReachWorld, THREADS } from './reach-world.ts'

const STREAM = '/v1/sync/subscribe'
let world: ReachWorld
beforeAll(async () => {
  world = await aReachWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** A client that left a silent stream is noticed by the next events, not before. */
function untilLeft(): Promise<void> {
  return until('the readers are gone at home', async () => {
    for (const thread of Object.keys(THREADS)) await world.write(thread)
    return world.home.daemon().tunnel?.status.subscribers === 0
  })
}

async function aTicket(token: string): Promise<string> {
  const { port } = world.home.daemon().addresses.tcp
  const answer = await fetch(`http://127.0.0.1:${port}/v1/stream-tickets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ path: STREAM }),
  })
  return ((await answer.json()) as { ticket: string }).ticket
}

describe.for(FOLLOW)('readers of everything by %s through the gateway', ([, follow]) => {
  test('each get what they reach alone, before and in their groups, also from a ticket', async () => {
    const { home } = world
    const readers = []
    for (const kind of KINDS) {
      const token = await world.bearerOf(kind, ['records:read'])
      const ticket = await aTicket(token)
      readers.push({ kind, one: await follow(home, `${STREAM}?since=now`, token) })
      readers.push({ kind, one: await follow(home, `${STREAM}?since=now&ticket=${ticket}`) })
    }
    await untilJoined(home, readers.length)
    // One for each reach, whoever shows it how: nobody shares a group with somebody who sees less or more.
    expect(home.daemon().tunnel?.status.groups).toBe(KINDS.length)
    const written: Record<string, string[]> = {}
    for (const thread of ['th_ops', 'th_far', 'th_ci', 'th_two', 'th_plain', 'th_opsy', 'th_ops']) {
      ;(written[thread] ??= []).push(await world.write(thread))
    }
    for (const { kind, one } of readers) {
      const due = kind.threads.flatMap((thread) => written[thread] ?? [])
      await untilHas(one, due)
      expect([kind.name, one.ids.toSorted()]).toEqual([kind.name, due.toSorted()])
    }
    for (const { one } of readers) await one.leave()
    await untilLeft()
  })

  test('keep their reach when the link is cut and when the daemon is started again', async () => {
    const { home } = world
    const [, kind] = KINDS
    if (kind === undefined) throw new Error('no kind')
    const token = await world.bearerOf(kind, ['records:read'])
    const ticket = await aTicket(token)
    const path = `${STREAM}?since=now`
    const readers = [
      await follow(home, path, token),
      await follow(home, `${path}&ticket=${ticket}`),
    ]
    const due: string[] = []
    const round = async () => {
      await world.write('th_far')
      due.push(await world.write('th_ops'))
      await world.write('th_opsy')
    }
    for (let loss = 0; loss < 2; loss += 1) {
      await untilJoined(home, readers.length)
      await round()
      if (loss === 0) home.link.cut()
      else {
        await home.daemon().stop()
        await home.startDaemon()
      }
      await round()
      for (const one of readers) await untilHas(one, due)
    }
    for (const one of readers) expect([one.ids, one.ending()]).toEqual([due, undefined])
    for (const one of readers) await one.leave()
    await untilLeft()
  })
})
