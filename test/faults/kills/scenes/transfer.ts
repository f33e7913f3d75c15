import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { foreignHome } from '../../../support/bulk/signed-lines.ts'
import { runHere } from '../../../support/cli/run-here.ts'
import { aDraft } from '../../../support/daemon/a-daemon.ts'
import type { Random } from '../../../support/random.ts'
import { readExport } from '../../../support/records/read-export.ts'
import { HomeUnderKill, type SeenRecord } from '../home-under-kill.ts'
import { AFTER, delayOf, type Kill, type Measured, stepOf } from '../kill.ts'
import { Killable } from '../killable.ts'
import type { Scene } from '../run-scene.ts'
import { fifth } from './bulk.ts'

/** The export is large enough to take longer than its process to start. */
const [IMPORTED, EXPORTED] = [4_000, 16_000]

/** A home with records of its own and of another one, and the file that they are exported to. */
async function aSource(
  count: number,
): Promise<{ readonly home: HomeUnderKill; readonly file: string }> {
  const home = new HomeUnderKill()
  await home.start()
  const foreign = foreignHome()
  const lines = Array.from({ length: count }, (_, n) => {
    const draft = aDraft({
      thread: `th_${n % 9}`,
      clock: n,
      body: { n, text: 'x'.repeat(n % 500) },
    })
    return `${JSON.stringify(n % 2 === 0 ? draft : foreign.sign(draft))}\n`
  })
  const headers = { 'content-type': 'application/x-ndjson' }
  const sent = await home.ask('/v1/records', { method: 'POST', headers, body: lines.join('') })
  if (!(await sent.text()).includes('"rejected":0')) throw new Error('fill a source')
  const file = join(home.path, 'source.export')
  const { code } = await runHere(['export', '-o', file], { home: home.path })
  if (code !== 0) throw new Error('export a source')
  return { home, file }
}

/** Runs a command against the daemon of a home, and kills the one or the other. */
async function killOneOf(
  home: HomeUnderKill,
  args: readonly string[],
  { kill, measured, random }: { kill: Kill | undefined; measured: Measured; random: Random },
): Promise<Measured & { readonly isWhole: boolean }> {
  const isDaemon = kill !== undefined && random.next() < 0.5
  // The steps are those of the command: the daemon is killed at a moment.
  if (isDaemon) await home.killDuring({ ...kill, by: 'time' }, measured)
  const isStep = kill?.by === 'step' && !isDaemon
  const begun = performance.now()
  const command = new Killable(args, home.path, isStep ? { left: stepOf(kill, measured) } : {})
  if (kill?.by === 'time' && !isDaemon)
    setTimeout(() => command.kill(true), delayOf(kill, measured))
  await command.gone
  const isWhole = command.child.exitCode === 0
  const ms = performance.now() - begun
  const steps = await command.steps()
  await home.restart()
  return { ms, steps, isWhole }
}

/** `spl import` into an empty home. */
export async function importScene(): Promise<Scene> {
  const source = await aSource(IMPORTED)
  const wanted = (await source.home.records('?own_threads=false')).map(textOf)
  await source.home.stop()
  return {
    async round(kill, measured, random) {
      await using home = new HomeUnderKill()
      await home.start()
      const args = ['import', source.file]
      const { ms, steps, isWhole } = await killOneOf(home, args, { kill, measured, random })
      const half = await home.records('?own_threads=false')
      for (const [n, record] of half.entries())
        if (textOf(record) !== wanted[n]) throw new Error(`record ${n} is another one`)
      const { code, stderr } = await runHere(args, { home: home.path })
      if (code !== 0) throw new Error(`import again: ${stderr}`)
      const all = await home.records('?own_threads=false')
      if (all.map(textOf).join('\n') !== wanted.join('\n')) throw new Error('not the same records')
      await home.check()
      if (isWhole) return { ms, steps, where: AFTER }
      const where = half.length === 0 ? 'before a record was sent' : fifth(half.length / IMPORTED)
      return { ms, steps, where }
    },
    [Symbol.asyncDispose]: () => source.home[Symbol.asyncDispose](),
  }
}

/** `spl export` of a home, which goes on where it was killed. */
export async function exportScene(): Promise<Scene> {
  const { home } = await aSource(EXPORTED)
  const wanted = (await home.records('?own_threads=false')).map(({ id }) => id)
  return {
    async round(kill, measured, random) {
      const path = join(home.path, `out-${random.next()}`)
      const args = ['export', '-o', path]
      const { ms, steps, isWhole } = await killOneOf(home, args, { kill, measured, random })
      if (existsSync(path)) refuseFaults(await readExport(readFileSync(path)))
      const where = existsSync(path) ? AFTER : whereOf(`${path}.part`)
      if (isWhole && !existsSync(path)) throw new Error('it said that it was done')
      if (!existsSync(path)) {
        const { code, stderr } = await runHere(args, { home: home.path })
        if (code !== 0) throw new Error(`export again: ${stderr}`)
      }
      const found = await readExport(readFileSync(path))
      refuseFaults(found)
      if (found.ids.join() !== wanted.join()) throw new Error('not the same records')
      if (existsSync(`${path}.part`)) throw new Error('a part is left')
      rmSync(path)
      return { ms, steps, where }
    },
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  }
}

function whereOf(part: string): string {
  const bytes = existsSync(part) ? readFileSync(part).length : 0
  return bytes === 0 ? 'before the first part' : `within the file`
}

function refuseFaults({ faults }: { readonly faults: readonly unknown[] }): void {
  if (faults.length > 0) throw new Error(`the file looks whole: ${JSON.stringify(faults)}`)
}

function textOf({ id, record, origin, sig }: SeenRecord): string {
  return JSON.stringify([id, record, origin, sig])
}
