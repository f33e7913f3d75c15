import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { BackupListView, BackupView } from '../../../../local-daemon/backup/backup-view.ts'
import { runHere } from '../../../support/cli/run-here.ts'
import type { HomeUnderKill } from '../home-under-kill.ts'
import { AFTER, delayOf, stepOf, type Kill, type Measured } from '../kill.ts'
import { Killable } from '../killable.ts'
import { Renewed } from '../renewed.ts'
import type { Scene } from '../run-scene.ts'

const KEEP = 2
/** Records that a home begins with: a copy of them takes some hundred milliseconds. */
const RECORDS = 3_000
/** After so long the next start has removed what a kill left, milliseconds; a round takes a few seconds more. */
const LEFT_MS = 30_000

async function prepare(home: HomeUnderKill): Promise<void> {
  const lines = Array.from({ length: RECORDS }, (_, n) =>
    JSON.stringify({ thread: `th_${n % 20}`, act: 'DO', body: { n, text: 'tea '.repeat(90) } }),
  )
  const headers = { 'content-type': 'application/x-ndjson' }
  const sent = await home.ask('/v1/records', {
    method: 'POST',
    headers,
    body: lines.map((line) => `${line}\n`).join(''),
  })
  if (!(await sent.text()).includes('"rejected":0')) throw new Error('fill a home')
  await home.asked('/v1/config/backup_keep', { value: KEEP })
}

/** What the home has in `backups/`, and where a kill left it. */
function backupsOf(home: HomeUnderKill): readonly string[] {
  const directory = join(home.path, 'backups')
  return existsSync(directory) ? readdirSync(directory).toSorted() : []
}

/** In words: what is there that was not there before. */
function whereOf(before: readonly string[], after: readonly string[]): string {
  const fresh = after.filter((name) => !before.includes(name))
  const gone = before.filter((name) => !after.includes(name))
  if (gone.some((name) => name.startsWith('hub-'))) return 'while an old one was removed'
  if (fresh.some((name) => name.endsWith('.db'))) return 'between the copy and the end'
  if (fresh.some((name) => name.startsWith('.part-'))) return 'while it was copied and proved'
  return fresh.length > 0 ? 'with a manifest alone' : 'before a copy was begun'
}

/** Each backup that counts can be proved, the last one that was acknowledged is among them, and nothing piles up. */
async function checkBackups(
  home: HomeUnderKill,
  last: BackupView | undefined,
  most = KEEP + 1,
): Promise<void> {
  const listed = await runHere(['backup', 'list', '--json'], { home: home.path })
  const { data } = JSON.parse(listed.stdout) as BackupListView
  const good = data.filter(({ fault }) => fault === null)
  for (const { name, records } of good) {
    const proved = await runHere(['backup', 'verify', name, '--json'], { home: home.path })
    if (proved.code !== 0) throw new Error(`${name} is listed, and is none: ${proved.stderr}`)
    if ((records ?? 0) < RECORDS) throw new Error(`${name} has ${records} records`)
  }
  if (last !== undefined && !good.some(({ name }) => name === last.name))
    throw new Error(`${last.name} was acknowledged, and is not there`)
  if (good.length > most) throw new Error(`${good.length} backups are kept`)
  const left = backupsOf(home).filter(
    (file) => !good.some(({ name }) => file === name || file === `${name}.json`),
  )
  // Small ones, of manifests, stay for a day.
  const copies = left.filter((file) => {
    const found = statSync(join(home.path, 'backups', file), { throwIfNoEntry: false })
    return found?.isDirectory() === true && Date.now() - found.mtimeMs > LEFT_MS
  })
  if (copies.length > 0) throw new Error(`left in backups/: ${copies.join(' ')}`)
  if (left.some((file) => file.startsWith('hub-') && file.endsWith('.db')))
    throw new Error(`a copy without a manifest: ${left.join(' ')}`)
}

/** `spl backup create` while a daemon runs and somebody writes: the daemon is killed, or its process that copies. */
export async function backupScene(): Promise<Scene> {
  const homes = new Renewed(prepare)
  const last = new WeakMap<HomeUnderKill, BackupView>()
  return {
    async round(kill, measured) {
      const home = await homes.next()
      const before = backupsOf(home)
      const writing = new AbortController()
      const written = home.write('th_meanwhile', Infinity, writing.signal)
      await home.killDuring(kill, measured)
      const begun = performance.now()
      const made = await home.asked<BackupView>('/v1/admin/backup', {})
      const ms = performance.now() - begun
      writing.abort()
      await written
      const after = backupsOf(home)
      const steps = await home.restart()
      if (made !== undefined) last.set(home, made)
      await home.check()
      await checkBackups(home, last.get(home))
      return { ms, steps, where: made === undefined ? whereOf(before, after) : AFTER }
    },
    [Symbol.asyncDispose]: () => homes[Symbol.asyncDispose](),
  }
}

/** Of the schedule: due at the start, killed then. */
export async function scheduledScene(): Promise<Scene> {
  const homes = new Renewed(async (home) => {
    await prepare(home)
    await home.asked('/v1/config/backup_every', { value: 3_600 })
  })
  return {
    async round(kill, measured) {
      const home = await homes.next()
      await home.stop()
      // As if none had been made: it is due at once.
      for (const name of backupsOf(home)) if (name.startsWith('hub-')) remove(home, name)
      const before = backupsOf(home)
      const daemon = await home.start()
      const begun = performance.now()
      await home.killDuring(kill, measured)
      const made = await untilMade(home)
      const ms = performance.now() - begun
      const after = backupsOf(home)
      const steps = daemon.child.connected ? await daemon.steps().catch(() => 0) : 0
      await daemon.end()
      await home.start()
      await home.check()
      await untilMade(home)
      await checkBackups(home, made)
      return { ms, steps, where: made === undefined ? whereOf(before, after) : AFTER }
    },
    [Symbol.asyncDispose]: () => homes[Symbol.asyncDispose](),
  }
}

function remove(home: HomeUnderKill, name: string): void {
  rmSync(join(home.path, 'backups', name))
}

/** The newest one that counts, once there is one; undefined if the daemon dies before. */
async function untilMade(home: HomeUnderKill): Promise<BackupView | undefined> {
  for (;;) {
    const list = await home.asked<BackupListView>('/v1/backups')
    if (list === undefined) return undefined
    const made = list.data.find(({ fault }) => fault === null)
    if (made !== undefined) return made
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** `spl backup create` where no daemon runs: the command itself is killed, or its process that copies. */
export async function offlineBackupScene(): Promise<Scene> {
  const homes = new Renewed(prepare)
  const last = new WeakMap<HomeUnderKill, BackupView>()
  return {
    async round(kill, measured, random) {
      const home = await homes.next()
      await home.stop()
      const before = backupsOf(home)
      const begun = performance.now()
      const ofCopy = random.next() < 0.3
      const command = new Killable(
        ['backup', 'create', '--json'],
        home.path,
        taskOf(kill, measured, ofCopy),
      )
      if (kill?.by === 'time') setTimeout(() => command.kill(kill.group), delayOf(kill, measured))
      await command.gone
      const ms = performance.now() - begun
      const steps = await command.steps()
      const after = backupsOf(home)
      const isMade = command.child.exitCode === 0
      if (isMade) last.set(home, JSON.parse(await command.stdout) as BackupView)
      await command.end()
      await home.start()
      await home.check()
      // Only a daemon rotates.
      await checkBackups(home, last.get(home), Infinity)
      return { ms, steps, where: isMade ? AFTER : whereOf(before, after) }
    },
    [Symbol.asyncDispose]: () => homes[Symbol.asyncDispose](),
  }
}

function taskOf(kill: Kill | undefined, measured: Measured, ofCopy: boolean) {
  if (kill?.by !== 'step') return {}
  // The copy itself has some ten.
  return ofCopy
    ? { copy: Math.floor(kill.at * 12) }
    : { left: stepOf(kill, measured), group: kill.group }
}
