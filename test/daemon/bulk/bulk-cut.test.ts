import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { HTTP_LIMITS } from '../../../local-daemon/http/limits.ts'
import { linesOf, postLines, SlowLines } from '../../support/bulk/post-lines.ts'
import { type RawClient, rawClient } from '../../support/clients/front-clients.ts'
import { aDraft } from '../../support/daemon/a-daemon.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { canMount, mountSmallDisk } from '../../support/daemon/small-disk.ts'
import { until } from '../../support/until.ts'
import { aHolder } from '../../support/daemon/a-holder.ts'

const drafts = (count: number, text = '') =>
  Array.from({ length: count }, (_, clock) => aDraft({ clock, body: { text } }))

const target = (at: ReturnType<typeof aKeptHome>) => ({
  base: `http://127.0.0.1:${at.daemon().addresses.tcp.port}`,
  bearer: at.bearer(),
})

/** Bytes that something holds: of the heap and of buffers. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const mounts = canMount()
if (!mounts) process.stderr.write('skipped: a full disk needs Linux, root and mount\n')

describe('a bulk append that is interrupted', () => {
  it.runIf(mounts || process.env['CI'] === 'true')(
    'by a full disk keeps what it told, says where it was cut, and takes the rest again',
    { timeout: 60_000 },
    async () => {
      await using at = aKeptHome()
      using disk = mountSmallDisk(at.path)
      await at.start()
      const lines = drafts(400, 'x'.repeat(5_000))
      const slow = new SlowLines(target(at))
      await slow.send(linesOf(lines.slice(0, 100)))
      const before = await slow.outcomes(100)
      disk.fill()
      // The log may have some room from before.
      await slow.send(linesOf(lines.slice(100)))
      const { cut, outcomes, summary } = await slow.rest()
      expect(cut).toMatchObject({ code: 'STORE_FULL', line: outcomes.length + 1 })
      expect(summary).toBeUndefined()
      expect(outcomes.length).toBeGreaterThanOrEqual(before.outcomes.length)
      for (const { id } of outcomes) expect(at.daemon().store.record(id ?? '')).toBeDefined()
      // Not even an unacknowledged line is half there.
      expect(at.daemon().store.thread('th_test')?.records).toBe(outcomes.length)
      disk.free()
      await until('there is room', () => at.daemon().store.trouble() === undefined)
      const again = await postLines(target(at), linesOf(lines))
      expect(again.summary).toMatchObject({
        duplicate: outcomes.length,
        accepted: lines.length - outcomes.length,
        rejected: 0,
      })
    },
  )

  it(
    'by a lock goes on when that is gone, and is cut if it stays',
    { timeout: 60_000 },
    async () => {
      await using at = aKeptHome()
      await at.start()
      const lines = drafts(6)
      const slow = new SlowLines(target(at))
      await slow.send(linesOf(lines.slice(0, 2)))
      await slow.outcomes(2)
      const letGo = await aHolder(at.database)
      await slow.send(linesOf(lines.slice(2, 4)))
      await sleep(500)
      expect(at.daemon().store.thread('th_test')?.records).toBe(2)
      await letGo()
      expect((await slow.outcomes(4)).outcomes).toHaveLength(4)
      const letGoAgain = await aHolder(at.database)
      await slow.send(linesOf(lines.slice(4)))
      const { cut, outcomes } = await slow.rest()
      await letGoAgain()
      expect(cut).toMatchObject({ code: 'STORE_BUSY', line: 5 })
      for (const { id } of outcomes) expect(at.daemon().store.record(id ?? '')).toBeDefined()
      const { summary } = await postLines(target(at), linesOf(lines))
      expect(summary).toMatchObject({ accepted: 2, duplicate: 4, rejected: 0 })
    },
  )

  it('by its client, which goes away, keeps what it told, and gives its seat and its memory back', async () => {
    await using at = aKeptHome()
    await at.start()
    const [{ port }, bearer] = [at.daemon().addresses.tcp, at.bearer()]
    const body = linesOf(drafts(2_000, 'x'.repeat(1_000)))
    const head =
      `POST /v1/records HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${bearer}\r\n` +
      'Content-Type: application/x-ndjson\r\nContent-Length: 100000000\r\n\r\n'
    const told = new Set<string>()
    /** One that has outcomes; again, while those before have not given their seats back. */
    async function started(): Promise<RawClient> {
      for (;;) {
        const client = rawClient(port, head + body)
        await until('it is answered', () => /"outcome"|RATE_LIMITED/.test(client.text()))
        if (!client.text().includes('RATE_LIMITED')) return client
        client.socket.destroy()
        await sleep(20)
      }
    }
    await postLines(target(at), body)
    const held = heldBytes()
    // More often than there are seats.
    for (let times = 0; times < 3 * HTTP_LIMITS.bulkAppends; times += 1) {
      const client = await started()
      client.socket.destroy()
      for (const [, id = ''] of client.text().matchAll(/"id":"([0-9a-f]{64})","seq":\d+\}/g)) {
        told.add(id)
      }
    }
    expect(told.size).toBeGreaterThan(0)
    for (const id of told) expect(at.daemon().store.record(id)).toBeDefined()
    const { summary } = await postLines(target(at), body)
    expect(summary).toMatchObject({ lines: 2_000, rejected: 0 })
    // Each brought two megabytes of lines. What is left of all is less than those of two, once the last answer is over.
    await until('the memory is given back', () => heldBytes() - held < 4 * 1024 * 1024)
  })
})
