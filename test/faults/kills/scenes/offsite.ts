import type { BackupListView, BackupView } from '../../../../local-daemon/backup/backup-view.ts'
import { runHere } from '../../../support/cli/run-here.ts'
import { anElsewhere } from '../elsewhere.ts'
import type { HomeUnderKill } from '../home-under-kill.ts'
import { AFTER } from '../kill.ts'
import { Renewed } from '../renewed.ts'
import type { Scene } from '../run-scene.ts'

/** What a home has. */
interface Content {
  readonly records: number
  /** Of the text of each, bytes. */
  readonly text: number
}

/** A backup of them is sealed and sent in some hundred milliseconds, by one request. */
const SMALL: Content = { records: 2_000, text: 360 }
/** Sealed, they are two parts of an upload. */
const LARGE: Content = { records: 560, text: 40_000 }

/** A backup that is sealed and sent to an S3 server: what is listed there can be fetched and proved, or it is not listed. */
export const offsiteScene = (): Promise<Scene> => sent(SMALL)

/** One that is sent in parts. */
export const partsScene = (): Promise<Scene> => sent(LARGE)

async function sent({ records, text }: Content): Promise<Scene> {
  const elsewhere = await anElsewhere()
  const places = new WeakMap<HomeUnderKill, string>()
  const homes = new Renewed(async (home) => {
    const lines = Array.from({ length: records }, (_, n) =>
      JSON.stringify({
        thread: `th_${n % 20}`,
        act: 'DO',
        body: { n, text: 'tea '.repeat(text / 4) },
      }),
    )
    const filled = await home.ask('/v1/records', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.map((line) => `${line}\n`).join(''),
    })
    if (!(await filled.text()).includes('"rejected":0')) throw new Error('fill a home')
    await home.asked('/v1/config/backup_keep', { value: 2 })
    places.set(home, await elsewhere.takeFrom(home))
  })

  /** Everything that is listed there is fetched and proved. */
  async function there(home: HomeUnderKill): Promise<readonly string[]> {
    const from = ['--from', places.get(home) ?? '', '--json']
    const listed = await runHere(['backup', 'list', ...from], { home: home.path })
    if (listed.code !== 0) throw new Error(`list: ${listed.stderr}`)
    const { data } = JSON.parse(listed.stdout) as BackupListView
    for (const { name, fault } of data) {
      if (fault !== null) throw new Error(`${name} is listed: ${fault}`)
      const args = ['backup', 'fetch', name, '--identity', elsewhere.key, ...from]
      const fetched = await runHere(args, { home: home.path })
      // One that is here already is no failure.
      if (fetched.code !== 0 && !fetched.stderr.includes(name)) throw new Error(fetched.stderr)
      const proved = await runHere(['backup', 'verify', name], { home: home.path })
      if (proved.code !== 0) throw new Error(`${name} came from there: ${proved.stderr}`)
    }
    return data.map(({ name }) => name)
  }

  return {
    async round(kill, measured) {
      const home = await homes.next()
      const made = await home.asked<BackupView>('/v1/admin/backup', {})
      if (made === undefined) throw new Error('make a backup')
      const begun = performance.now()
      await home.killDuring(kill, measured)
      const isSent = await untilSent(home, made.name)
      const ms = performance.now() - begun
      const partsLeft = elsewhere.parts()
      const steps = await home.restart()
      await home.check()
      const names = await there(home)
      if (isSent && !names.includes(made.name))
        throw new Error(`${made.name} was sent, and is not there`)
      if (isSent && elsewhere.parts() > 0) throw new Error(`${elsewhere.parts()} parts are left`)
      const where = isSent
        ? AFTER
        : names.includes(made.name)
          ? 'sent, not told'
          : partsLeft > 0
            ? 'between its parts'
            : 'before it was sent'
      return { ms, steps, where }
    },
    async [Symbol.asyncDispose]() {
      await homes[Symbol.asyncDispose]()
      await elsewhere[Symbol.asyncDispose]()
    },
  }
}

/** False for a daemon that dies before it says so. */
async function untilSent(home: HomeUnderKill, name: string): Promise<boolean> {
  for (;;) {
    const list = await home.asked<BackupListView>('/v1/backups')
    if (list === undefined) return false
    if (list.offsite?.names.includes(name) === true && !list.offsite.sending) return true
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
