import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { type SeenEvent } from '../../support/clients/events.ts'
import {
  type KeptHome,
  type List,
  PAGE,
  list,
  namesOf,
  someRecords,
  streamed,
} from './damaged-store.ts'

function flip(at: KeptHome, text: string): void {
  const file = readFileSync(at.database)
  const place = file.indexOf(text)
  file[place] = (file[place] ?? 0) ^ 1
  writeFileSync(at.database, file)
}

function dataOf(seen: SeenEvent | undefined): List {
  return JSON.parse(seen !== undefined && 'data' in seen ? seen.data : '{}') as List
}

/** The messages of a WebSocket until it is closed, and how. */
function messages(at: KeptHome, path: string): Promise<{ last: string; close: string }> {
  const { port } = at.daemon().addresses.tcp
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: { authorization: `Bearer ${at.bearer()}` },
  })
  let last = ''
  socket.on('message', (data: Buffer) => (last = data.toString()))
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', (code, reason) => resolve({ last, close: `${code} ${reason.toString()}` }))
  })
}

describe('a reader that meets a damaged record', () => {
  it('gets what comes before it, then the error and the way past it, in a list', async () => {
    await using at = aKeptHome()
    const { ids, cursor } = await someRecords(at)
    flip(at, 'needle-120-')
    await at.start()
    const got: string[] = []
    let place = cursor
    for (;;) {
      const page = await list(at, `/v1/sync/changes?since=${place}&limit=1000`)
      if (page.code !== undefined) {
        expect(page).toMatchObject({
          object: 'error',
          code: 'STORE_DAMAGED',
          hop: 'daemon',
          request_id: expect.any(String),
        })
        place = /since=(\S+)/.exec(page.try ?? '')?.[1] ?? ''
        continue
      }
      got.push(...(page.records ?? []).map(({ id }) => id))
      place = page.next_cursor
      if (!page.has_more) break
    }
    expect(got).toEqual(ids.filter((_, n) => n !== 120))
  })

  it.each(['/v1/sync/subscribe', '/v1/sync/changes'])(
    'gets what comes before it, then the error, in the stream of %s',
    async (path) => {
      await using at = aKeptHome()
      const { cursor } = await someRecords(at)
      flip(at, 'needle-120-')
      await at.start()
      const seen = await streamed(
        at,
        `${path}?feed=continuous&since=${cursor}`.replace(
          'subscribe?feed=continuous&',
          'subscribe?',
        ),
      )
      expect(namesOf(seen)).toEqual([...Array.from({ length: 120 }, () => 'record'), 'error'])
      const error = dataOf(seen.at(-1))
      expect(error).toMatchObject({ object: 'error', code: 'STORE_DAMAGED', hop: 'daemon' })
      // A client that comes back by itself is refused: it would be told the same each second.
      const last = seen.findLast((one) => 'event' in one && one.event === 'record')
      const id = last !== undefined && 'id' in last ? String(last.id) : ''
      expect(await at.told('/v1/sync/subscribe', { headers: { 'last-event-id': id } })).toBe(
        '500 STORE_DAMAGED',
      )
      const past = /since=(\S+)/.exec(error.try ?? '')?.[1] ?? ''
      const rest = await streamed(at, `/v1/sync/subscribe?since=${past}`)
      expect(namesOf(rest)).toEqual([...Array.from({ length: 29 }, () => 'record'), 'ready'])
    },
  )

  it('is told by the last message and the close of a WebSocket', async () => {
    await using at = aKeptHome()
    const { cursor } = await someRecords(at)
    flip(at, 'needle-120-')
    await at.start()
    const { last, close } = await messages(at, `/v1/sync/subscribe?since=${cursor}`)
    expect(JSON.parse(last)).toMatchObject({ event: 'error', data: { code: 'STORE_DAMAGED' } })
    expect(close).toBe('4500 STORE_DAMAGED')
  })

  it('is answered with the error as JSON, also where it is the first and a large one', async () => {
    await using at = aKeptHome()
    await at.start()
    await at.append(3)
    const cursor = await at.cursor()
    await at.append(1, `needle-0-${'y'.repeat(300_000)}`)
    await at.stop()
    flip(at, 'needle-0-')
    await at.start()
    for (const path of [
      '/v1/sync/subscribe',
      '/v1/sync/changes',
      '/v1/sync/changes?feed=longpoll',
    ]) {
      const answer = await at.ask(`${path}${path.includes('?') ? '&' : '?'}since=${cursor}`)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([500, 'application/json'])
      expect(await answer.json()).toMatchObject({
        code: 'STORE_DAMAGED',
        request_id: expect.any(String),
      })
    }
    // After others that are well: the list ends before it.
    const whole = await list(at, '/v1/sync/changes?limit=500')
    expect([whole.records?.length, whole.has_more]).toEqual([5, true])
  })

  it('goes on past a whole page that is ruined, where it decides to', async () => {
    await using at = aKeptHome()
    const { ids, cursor } = await someRecords(at)
    const file = readFileSync(at.database)
    const page = Math.floor(file.indexOf('needle-75-') / PAGE)
    file.fill(0xa5, page * PAGE, (page + 1) * PAGE)
    writeFileSync(at.database, file)
    await at.start()
    const first = await list(at, `/v1/sync/changes?since=${cursor}`)
    const refused = await list(at, `/v1/sync/changes?since=${first.next_cursor}`)
    expect(refused.code).toBe('STORE_DAMAGED')
    const past = /since=(\S+)/.exec(refused.try ?? '')?.[1] ?? ''
    const rest = await list(at, `/v1/sync/changes?since=${past}`)
    const got = [...(first.records ?? []), ...(rest.records ?? [])].map(({ id }) => id)
    expect(rest.has_more).toBe(false)
    expect(got.length).toBeGreaterThan(100)
    expect(got.at(-1)).toBe(ids.at(-1))
  })
})
