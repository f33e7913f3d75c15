import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { aRealHome } from '../../support/daemon/a-real-home.ts'
import { aThread, FOLLOW, untilHas, untilJoined } from '../../support/clients/follow-feed.ts'
import { subscribe } from '../../support/clients/subscriber.ts'
import { until } from '../../support/until.ts'

test.for(FOLLOW)(
  'a stream held by %s gets the advice to start again when home continues from an older copy of its store',
  { timeout: 60_000 },
  async ([, follow]) => {
    await using home = await aRealHome()
    const thread = aThread()
    const ids = [await home.append(thread)]
    const { database } = home.daemon().home
    await home.daemon().stop()
    copyFileSync(database, `${database}.copy`)
    await home.startDaemon()
    const reader = await follow(home, `/v1/sync/subscribe?thread=${thread}`)
    for (let count = 0; count < 5; count += 1) ids.push(await home.append(thread))
    await untilHas(reader, ids)
    await untilJoined(home, 1)
    await home.daemon().stop()
    copyFileSync(`${database}.copy`, database)
    await home.startDaemon()
    for (let count = 0; count < 8; count += 1) await home.append(thread)
    await until('the stream has ended', () => reader.ending() !== undefined)
    expect(reader.error()).toMatchObject({ object: 'error', code: 'CURSOR_EPOCH_CHANGED' })
    expect(reader.ending()).toBe(follow === subscribe ? 'end' : '4409 CURSOR_EPOCH_CHANGED')
  },
)

test.for(FOLLOW)(
  'a stream held by %s that meets a damaged record brings what comes before it, and ends with the error',
  { timeout: 60_000 },
  async ([, follow]) => {
    await using home = await aRealHome()
    const thread = aThread()
    const ids: string[] = []
    for (let bytes = 500; bytes < 520; bytes += 1) ids.push(await home.append(thread, bytes))
    const { database } = home.daemon().home
    await home.daemon().stop()
    const file = readFileSync(database)
    const place = file.indexOf(`"${'x'.repeat(510)}"`)
    file[place + 9] = (file[place + 9] ?? 0) ^ 1
    writeFileSync(database, file)
    await home.startDaemon()
    const reader = await follow(home, `/v1/sync/subscribe?thread=${thread}`)
    await until('the stream has ended', () => reader.ending() !== undefined)
    expect(reader.ids).toEqual(ids.slice(0, 10))
    expect(reader.error()).toMatchObject({
      object: 'error',
      code: 'STORE_DAMAGED',
      try: expect.stringMatching(/spl verify.*since=[0-9a-f]+:\d+:[0-9a-f]+/u),
    })
    expect(reader.ending()).toBe(follow === subscribe ? 'end' : '4500 STORE_DAMAGED')
  },
)
