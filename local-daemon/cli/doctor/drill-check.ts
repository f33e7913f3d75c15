import { countText } from '../../problem/count-text.ts'
import type { Home } from '../../home/home.ts'
import { ageText } from './backup-check.ts'
import type { Check } from './check.ts'
import { failure, pass } from './outcomes.ts'

const NAME = 'restore-drill'

/** Whether the newest backup can be restored: it is tried, in a directory that goes again. @param now Unix time, seconds */
export async function drillCheck(home: Home, now: number): Promise<Check> {
  const { drillRestore } = await import('../backup/drill.ts')
  try {
    const { name, madeAt, records, ms } = await drillRestore(home)
    const took = `${(ms / 1000).toFixed(1)} s`
    const message = `${name} was restored for a try: ${countText(records, 'record')}, ${ageText(Math.max(0, now - madeAt))} old, in ${took}`
    return pass(NAME, message, { name, records, made_at: madeAt, ms: Math.round(ms) })
  } catch (error) {
    const { code, message, try: next } = error as Error & { code?: string; try?: string }
    if (code === undefined) throw error
    return failure(NAME, `${message} [${code}]`, next ?? 'spl backup create')
  }
}
