import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BackupListView } from '../../../../local-daemon/backup/backup-view.ts'
import { runHere } from '../../../support/cli/run-here.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'
import { until } from '../../../support/until.ts'
import { anElsewhere } from '../elsewhere.ts'
import { HomeUnderKill } from '../home-under-kill.ts'
import { AFTER, delayOf, stepOf } from '../kill.ts'
import { Killable } from '../killable.ts'
import type { Scene } from '../run-scene.ts'

interface Account {
  readonly id: string
  readonly token: string
}

/**
 * `spl restore` of a backup that has less than the store: the store is then the old one or the backup, whole, with the settings and
 * accounts that belong to it. What was revoked stays revoked either way.
 */
export const restoreScene = (): Promise<Scene> => restored(false)

/** The same out of an S3 store, while there is no backup at home. */
export const restoreFromScene = (): Promise<Scene> => restored(true)

async function restored(isElsewhere: boolean): Promise<Scene> {
  const home = new HomeUnderKill()
  const elsewhere = isElsewhere ? await anElsewhere() : undefined
  const template = aHome()
  await home.start()
  await home.write('th_kept', 400)
  const [before, revoked] = [await account(home, 'before'), await account(home, 'revoked')]
  await home.asked('/v1/config/backup_keep', { value: 5 })
  const to = await elsewhere?.takeFrom(home)
  await runHere(['backup', 'create'], { home: home.path })
  if (to !== undefined) await emptied(home)
  const kept = [...home.told]
  await home.write('th_lost', 100)
  const after = await account(home, 'after')
  await home.asked('/v1/config/backup_keep', { value: 9 })
  const revoking = await home.ask(`/v1/service-accounts/${revoked.id}`, { method: 'DELETE' })
  if (!revoking.ok) throw new Error(await revoking.text())
  const all = [...home.told]
  await home.stop()
  execFileSync('cp', ['-Rp', `${home.path}/.`, template.path])

  const from = elsewhere === undefined ? [] : [to ?? '', '--identity', elsewhere.key]

  /** The old store or the backup; throws for anything between. */
  async function found(): Promise<'old' | 'new'> {
    const records = await home.records()
    const ids = new Set(records.map(({ id }) => id))
    const lost = all.slice(kept.length).filter((id) => ids.has(id)).length
    if (lost !== 0 && lost !== all.length - kept.length) throw new Error(`half restored: ${lost}`)
    const isNew = lost === 0
    home.told.splice(0, Infinity, ...(isNew ? kept : all))
    await home.check()
    const config = await home.asked<{
      readonly settings: readonly { readonly key: string; readonly value: unknown }[]
    }>('/v1/config')
    const keep = config?.settings.find(({ key }) => key === 'backup_keep')?.value
    if (keep !== (isNew ? 5 : 9)) throw new Error(`backup_keep is ${String(keep)}`)
    const wanted = { before: 200, after: isNew ? 401 : 200, revoked: 401 }
    for (const [name, { token }] of Object.entries({ before, after, revoked })) {
      const { status } = await home.ask('/v1/identity', {}, token)
      const want = wanted[name as keyof typeof wanted]
      if (status !== want) throw new Error(`the bearer ${name} gets ${status}, not ${want}`)
    }
    const names = readdirSync(home.path)
    const left = names.filter((name) => /^(?:hub\.db\.restore|\.restoring)/u.test(name))
    if (left.length > 0) throw new Error(`left: ${left.join(' ')}`)
    const aside = names.filter((name) => name.startsWith('replaced-'))
    if (aside.length !== (isNew ? 1 : 0)) throw new Error(`aside: ${aside.join(' ')}`)
    if (isNew && !readdirSync(join(home.path, aside[0] ?? '')).includes('hub.db'))
      throw new Error('what was replaced is lost')
    return isNew ? 'new' : 'old'
  }

  return {
    async round(kill, measured) {
      await home.daemon?.end()
      home.daemon = undefined
      rmSync(home.path, { recursive: true })
      execFileSync('cp', ['-Rp', template.path, home.path])
      const isStep = kill?.by === 'step'
      const begun = performance.now()
      const command = new Killable(
        ['restore', ...from, '--yes', '--json'],
        home.path,
        isStep ? { left: stepOf(kill, measured), group: kill.group } : {},
      )
      if (kill?.by === 'time') setTimeout(() => command.kill(kill.group), delayOf(kill, measured))
      await command.gone
      const ms = performance.now() - begun
      const steps = await command.steps()
      const isWhole = command.child.exitCode === 0
      await command.end()
      const names = readdirSync(home.path)
      const phase = names.includes('hub.db.restore')
        ? 'while it took its place'
        : names.some((name) => name.startsWith('.restoring'))
          ? 'while it was made ready'
          : 'before'
      await home.start()
      const is = await found()
      if (isWhole && is === 'old') throw new Error('it said that it was restored')
      await home.write('th_afterwards', 3)
      await home.check()
      const where = isWhole ? AFTER : `${phase}: the ${is} one`
      return { ms, steps, where }
    },
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]()
      template[Symbol.dispose]()
      await elsewhere?.[Symbol.asyncDispose]()
    },
  }
}

/** Waits until the backup is elsewhere, and removes it here. */
async function emptied(home: HomeUnderKill): Promise<void> {
  await until('the backup is sent', async () => {
    const list = await home.asked<BackupListView>('/v1/backups')
    return list?.offsite?.names.length === 1 && !list.offsite.sending
  })
  rmSync(join(home.path, 'backups'), { recursive: true })
}

async function account(home: HomeUnderKill, name: string): Promise<Account> {
  const made = await home.asked<{
    readonly id: string
    readonly minted: { readonly token: string }
  }>('/v1/service-accounts', { name, scopes: ['records:read'], with_token: true })
  if (made === undefined) throw new Error('make an account')
  return { id: made.id, token: made.minted.token }
}
