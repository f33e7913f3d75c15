import type { HomeUnderKill } from '../home-under-kill.ts'
import { AFTER } from '../kill.ts'
import { Renewed } from '../renewed.ts'
import type { Scene } from '../run-scene.ts'

const EACH_ROUND = 12

type Status = 'active' | 'archived'

/** Namespaces are made, archived and opened again while records are written to them. */
export async function namespacesScene(): Promise<Scene> {
  const homes = new Renewed()
  let rounds = 0
  return {
    async round(kill, measured, random) {
      const home = await homes.next()
      rounds += 1
      const states = new Map<string, Status>()
      await home.killDuring(kill, measured)
      const begun = performance.now()
      let [told, under]: [number, string | undefined] = [0, undefined]
      for (; told < EACH_ROUND; told += 1) {
        const name = `team-${rounds}-${told % 4}`
        under = name
        const is = states.get(name)
        const status: Status = is === 'active' && random.next() < 0.7 ? 'archived' : 'active'
        const done =
          is === undefined
            ? await home.asked('/v1/namespaces', { name })
            : await home.asked('/v1/namespaces', { name, archived: status === 'archived' }, 'PATCH')
        if (done === undefined) break
        states.set(name, is === undefined ? 'active' : status)
        if (!(await writeTo(home, name, states.get(name) ?? 'active'))) break
        under = undefined
      }
      const ms = performance.now() - begun
      const steps = await home.restart()
      await home.check()
      await compare(home, states, under)
      const where = told === EACH_ROUND ? AFTER : `after ${told - (told % 3)} changes`
      return { ms, steps, where }
    },
    [Symbol.asyncDispose]: () => homes[Symbol.asyncDispose](),
  }
}

/** One record; an archived namespace refuses it. False for a daemon that died. */
async function writeTo(home: HomeUnderKill, name: string, status: Status): Promise<boolean> {
  const body = { thread: `th_${name}`, act: 'DO', body: { namespace: name, at: home.told.length } }
  try {
    const made = await home.asked<{ id: string }>('/v1/records', body)
    if (made === undefined) return false
    if (status === 'archived') throw new Error(`${name} is archived, and took a record`)
    home.told.push(made.id)
    return true
  } catch (error) {
    if (status === 'archived' && String(error).includes('NAMESPACE_REJECTED')) return true
    throw error
  }
}

/** What was told holds, but for the change that was under way. */
async function compare(
  home: HomeUnderKill,
  states: ReadonlyMap<string, Status>,
  under: string | undefined,
): Promise<void> {
  const list = await home.asked<{
    readonly data: readonly { readonly name: string; readonly status: Status }[]
  }>('/v1/namespaces?limit=1000')
  const found = new Map(list?.data.map(({ name, status }) => [name, status]))
  for (const [name, status] of states) {
    const now = found.get(name)
    if (now !== status && (name !== under || now === undefined))
      throw new Error(`${name} was ${status}, and is ${now}`)
    if (now !== undefined) await writeTo(home, name, now)
  }
}
