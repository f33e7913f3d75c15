import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runSpl } from '../support/cli/run-spl.ts'
import { aDaemon, aDraft, aHome, type TestDaemon } from '../support/daemon/a-daemon.ts'
import { aRealHome, type RealHome } from '../support/daemon/a-real-home.ts'

let from: TestDaemon
let home: RealHome
let folder: ReturnType<typeof aHome>
beforeAll(async () => {
  from = await aDaemon()
  const draft = (n: number) => aDraft({ thread: `th_${n % 5}`, body: { n, text: 'é'.repeat(300) } })
  await Promise.all(Array.from({ length: 4_000 }, (_, n) => from.daemon.store.append(draft(n))))
  home = await aRealHome()
  folder = aHome()
})
afterAll(async () => {
  await from[Symbol.asyncDispose]()
  await home[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** Everything but accounts, as whoever sees all of the store. */
const lines = ({ store }: { readonly store: TestDaemon['daemon']['store'] }) =>
  store
    .page({ withoutOwn: true }, 0, store.head(), 1)
    .records.map(({ id }) => id)
    .concat(allOf(store, 1))

function allOf(store: TestDaemon['daemon']['store'], after: number): string[] {
  const ids: string[] = []
  for (let seq = after; ;) {
    const { records, cut } = store.page({ withoutOwn: true }, seq, store.head(), 500)
    ids.push(...records.map(({ id, origin, sig }) => `${id} ${origin} ${sig.toString('hex')}`))
    seq = records.at(-1)?.seq ?? seq
    if (!cut) return ids
  }
}

test('records go to another home through its public host, and come back the same', async () => {
  const file = join(folder.path, 'there.ndjson')
  const back = join(folder.path, 'back.ndjson')
  const env = { SPL_SERVE_URL: home.gateway.origin, SPL_TOKEN: home.bearer }
  const public_ = { home: folder.path, env }
  const run = async (args: readonly string[], where: Parameters<typeof runSpl>[1]) => {
    const { code, stderr } = await runSpl(args, where)
    expect([args[0], code, stderr]).toEqual([args[0], 0, expect.any(String)])
    return stderr
  }
  await run(['export', '-o', file], { home: from.daemon.home.root })
  expect(await run(['import', file, '--dry-run'], public_)).toContain('4000 would be accepted')
  expect(await run(['import', file], public_)).toContain('4000 accepted')
  expect(await run(['import', file], public_)).toContain('4000 there already')
  await run(['export', '-o', back], public_)
  expect(lines(home.daemon())).toEqual(lines(from.daemon))
  await using third = await aDaemon()
  await run(['import', back], { home: third.daemon.home.root })
  expect(allOf(third.daemon.store, 0)).toEqual(allOf(from.daemon.store, 0))
})
