import { hash } from 'node:crypto'
import { copyFileSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { MIGRATIONS } from '../../../../local-daemon/store/file/migrations.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'
import { WIDE_SCHEMA, writeWideStore } from '../../../support/daemon/a-wide-store.ts'
import { HomeUnderKill } from '../home-under-kill.ts'
import { AFTER, delayOf, stepOf } from '../kill.ts'
import type { Scene } from '../run-scene.ts'

const RECORDS = 12_000

/** A start that brings a store of an old schema to the newest one, and backs it up before. */
export async function migrationScene(): Promise<Scene> {
  const home = new HomeUnderKill()
  const aside = aHome()
  const wide = join(aside.path, 'wide.db')
  const ids = writeWideStore(wide, RECORDS)
  const path = join(home.path, 'hub.db')
  await home.start()
  await home.stop()
  return {
    async round(kill, measured) {
      await home.stop()
      for (const name of globSync('{hub.db*,backups}', { cwd: home.path }))
        rmSync(join(home.path, name), { recursive: true })
      copyFileSync(wide, path)
      const isStep = kill?.by === 'step'
      const begun = performance.now()
      const daemon = home.begin(isStep ? { left: stepOf(kill, measured), group: kill.group } : {})
      if (kill?.by === 'time') setTimeout(() => daemon.kill(kill.group), delayOf(kill, measured))
      const isReady = await home.untilReady(daemon).then(
        () => true,
        () => false,
      )
      const ms = performance.now() - begun
      const steps = daemon.child.connected ? await daemon.steps().catch(() => 0) : 0
      await daemon.end()
      // A process that knows nothing of steps reads it: what was half done is undone.
      const schema = schemaOf(path)
      const backups = globSync('backups/*.db', { cwd: home.path }).length
      await home.start()
      if (idsOf(path, ids.length).join() !== ids.join()) throw new Error('not the same records')
      if (schemaOf(path) !== MIGRATIONS.length) throw new Error('the schema is not the newest')
      if (isReady) return { ms, steps, where: AFTER }
      const copied = backups === 0 ? 'before its backup' : 'after its backup'
      const where = schema === WIDE_SCHEMA ? copied : `at schema ${schema}`
      return { ms, steps, where }
    },
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]()
      aside[Symbol.dispose]()
    },
  }
}

/** By the texts of the records, not by the ids that the store keeps of them. */
function idsOf(path: string, count: number): readonly string[] {
  const database = new Database(path, { readonly: true })
  try {
    const texts = database
      .prepare<[number], string>('SELECT raw FROM records ORDER BY seq LIMIT ?')
      .pluck()
    return texts.all(count).map((raw) => hash('sha256', raw))
  } finally {
    database.close()
  }
}

function schemaOf(path: string): number {
  const database = new Database(path, { readonly: true })
  try {
    if (database.pragma('quick_check', { simple: true }) !== 'ok') throw new Error('it is damaged')
    return Number(database.pragma('user_version', { simple: true }))
  } finally {
    database.close()
  }
}
