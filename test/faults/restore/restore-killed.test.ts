import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

const SCRIPT = fileURLToPath(new URL('./restore-and-die.ts', import.meta.url))

function restoreAndDie(home: string, step: number): Promise<string> {
  const env = { ...process.env, SYNCROPEL_HOME: home }
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, String(step)], { env }, (_error, stdout) => resolve(stdout))
  })
}

test(
  'a restore that is killed at any step leaves the old store or the new one, whole, and the next start takes it',
  { timeout: 240_000 },
  async () => {
    await using home = aKeptHome()
    await home.start()
    const kept = await home.append(5)
    await runHere(['backup', 'create'], { home: home.path })
    const lost = await home.append(3, 'lost')
    await home.stop()
    home.copyHome()
    const outcomes = new Set<string>()
    for (let step = 0; ; step += 1) {
      const said = await restoreAndDie(home.path, step)
      await home.start()
      const { store } = home.daemon()
      const has = (id: string | undefined) =>
        store.page({}, 0, store.head(), 1_000).records.some((one) => one.id === id)
      expect([step, kept.every(has)]).toEqual([step, true])
      const count = lost.filter(has).length
      // All of the old ones, or none: then they are in the directory that was set aside.
      expect([step, [0, lost.length].includes(count)]).toEqual([step, true])
      const aside = readdirSync(home.path).filter((name) => name.startsWith('replaced-'))
      expect([step, aside.length]).toEqual([step, count === 0 ? 1 : 0])
      if (count === 0) expect(readdirSync(join(home.path, aside[0] ?? ''))).toContain('hub.db')
      expect(
        readdirSync(home.path).filter((name) => /^(?:hub\.db\.restore|\.restoring)/u.test(name)),
      ).toEqual([])
      await home.append(1, 'after')
      outcomes.add(count === 0 ? 'new' : 'old')
      await home.stop()
      const verified = await runHere(['verify'], { home: home.path })
      expect([step, verified.code]).toEqual([step, 0])
      home.putHomeBack()
      if (said.endsWith('whole')) break
    }
    expect(outcomes).toEqual(new Set(['old', 'new']))
  },
)
