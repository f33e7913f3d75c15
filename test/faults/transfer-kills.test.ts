import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runSpl, startSpl } from '../support/cli/run-spl.ts'
import { aDaemon, aDraft, aHome, type TestDaemon } from '../support/daemon/a-daemon.ts'
import { seededRandom } from '../support/random.ts'
import { readExport } from '../support/records/read-export.ts'

/** Kills of each command. */
const KILLS = Number(process.env['SPL_TRANSFER_KILLS'] ?? 50)
const RECORDS = 30_000
const random = seededRandom(process.env['SPL_CHAOS_SEED'] ?? 'transfer')

let from: TestDaemon
let ids: readonly string[]
let folder: ReturnType<typeof aHome>
beforeAll(async () => {
  folder = aHome()
  from = await aDaemon()
  const draft = (n: number) => aDraft({ thread: `th_${n % 9}`, body: { n, text: 'x'.repeat(300) } })
  const appended = Array.from({ length: RECORDS }, (_, n) => from.daemon.store.append(draft(n)))
  ids = (await Promise.all(appended)).map(({ record }) => record.id)
})
afterAll(async () => {
  await from[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** Starts a command and kills it without a goodbye, at some moment. Resolves with whether that was before its end. */
async function killed(args: readonly string[], home: string, most: number): Promise<boolean> {
  const child = startSpl(args, { home })
  const gone = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  await Promise.race([sleep(random.whole(100, most)), gone])
  child.kill('SIGKILL')
  const [, signal] = await gone
  return signal === 'SIGKILL'
}

test(
  'an export that is killed again and again leaves no file that looks whole and is not',
  { timeout: 300_000 },
  async () => {
    const home = from.daemon.home.root
    let kills = 0
    for (let file = 0; kills < KILLS; file += 1) {
      const path = join(folder.path, `export-${file}`)
      while (kills < KILLS && (await killed(['export', '-o', path], home, 700))) {
        kills += 1
        if (existsSync(path)) expect((await readExport(readFileSync(path))).faults).toEqual([])
      }
      if (!existsSync(path)) expect((await runSpl(['export', '-o', path], { home })).code).toBe(0)
      const found = await readExport(readFileSync(path))
      expect(found.faults).toEqual([])
      expect(found.ids).toEqual(ids)
    }
  },
)

test(
  'an import that is killed again and again loses no record, and writes none twice',
  { timeout: 300_000 },
  async () => {
    const file = join(folder.path, 'import')
    await runSpl(['export', '-o', file], { home: from.daemon.home.root })
    let kills = 0
    while (kills < KILLS) {
      await using to = await aDaemon()
      const home = to.daemon.home.root
      while (kills < KILLS && (await killed(['import', file], home, 4_000))) kills += 1
      const { code } = await runSpl(['import', file], { home })
      expect(code).toBe(0)
      const there: string[] = []
      for (let after = 0, cut = true; cut;) {
        const page = to.daemon.store.page({ withoutOwn: true }, after, to.daemon.store.head(), 500)
        there.push(...page.records.map(({ id }) => id))
        after = page.records.at(-1)?.seq ?? after
        cut = page.cut
      }
      expect(there).toEqual(ids)
    }
  },
)
