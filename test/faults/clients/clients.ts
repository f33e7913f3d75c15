import { setTimeout as sleep } from 'node:timers/promises'
import { appendUntilTold } from './append-until-told.ts'
import type { PublicSide } from '../public-side.ts'
import { takeBody } from './take-body.ts'

const KIB = 1024
const THREADS = ['th_chaos_1', 'th_chaos_2'] as const

/** Threads that appenders write to. */
export const LOADED_THREADS: readonly string[] = THREADS

/** Appends small records, one after the other; one in four is sent twice at once. */
export async function runAppender(side: PublicSide, name: string): Promise<void> {
  const random = side.random.branch(name)
  for (let n = 0; !side.over.aborted; n += 1) {
    const thread = random.pick(THREADS)
    const size = random.whole(0, 2 * KIB)
    await appendUntilTold(side, { key: `${name}-${n}`, thread, size }, random.next() < 0.25)
    await sleep(random.whole(5, 30))
  }
}

/** Appends records of half a mebibyte up to almost the largest. */
export async function runUploader(side: PublicSide, name: string): Promise<void> {
  const random = side.random.branch(name)
  for (let n = 0; !side.over.aborted; n += 1) {
    const size = random.whole(512 * KIB, 1_000 * KIB)
    await appendUntilTold(side, { key: `${name}-${n}`, thread: 'th_chaos_large', size }, false)
    await sleep(random.whole(300, 700))
  }
}

/** Reads records that were acknowledged, and short lists. */
export async function runReader(side: PublicSide, name: string): Promise<void> {
  const random = side.random.branch(name)
  while (!side.over.aborted) {
    const told = [...side.history.appends.values()].filter(
      ({ acknowledged }) => acknowledged.size > 0,
    )
    if (told.length > 0 && random.next() < 0.8) {
      const [id] = random.pick(told).acknowledged as ReadonlySet<string> as Iterable<string>
      await takeBody(side, { kind: 'record', id: id as string })
    } else {
      await takeBody(side, { kind: 'list', form: 'flat', thread: random.pick(THREADS), limit: 20 })
    }
    await sleep(random.whole(5, 30))
  }
}

/** Downloads everything large that there is, again and again. */
export async function runDownloader(side: PublicSide, name: string): Promise<void> {
  const random = side.random.branch(name)
  while (!side.over.aborted) {
    const form = random.pick(['flat', 'sync'] as const)
    const thread = form === 'flat' ? 'th_chaos_large' : undefined
    await takeBody(side, { kind: 'list', form, thread, limit: 1_000 })
    await sleep(random.whole(50, 200))
  }
}
