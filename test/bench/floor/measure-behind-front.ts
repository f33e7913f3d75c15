import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BulkDown, measureBulkDown } from './measure-bulk-floor.ts'
import type { Floor } from './measure-floor.ts'

/**
 * The smallest relay's download once more, with a process before workerd that only passes bytes: both the home's and the
 * client's, as they do at the gateway. Its home takes the place of the other one.
 */
export async function measureBehindFront(
  { stage, relay }: Omit<Floor, 'home'>,
  directory: string,
  rounds: number,
): Promise<BulkDown> {
  const front = start(new URL('plain-front.ts', import.meta.url), new URL(relay.url).port)
  const [{ url }] = (await once(front, 'message')) as [{ url: string }]
  const home = start(
    new URL('floor-home.ts', import.meta.url),
    join(directory, 'behind-front.db'),
    url,
  )
  try {
    await once(home, 'message')
    const of = {
      workerd: relay.pid,
      front: front.pid as number,
      daemon: home.pid as number,
    }
    return await measureBulkDown(stage.ceiling.url, url, of, rounds)
  } finally {
    await ended(home)
    await ended(front)
  }
}

function start(program: URL, ...args: string[]): ChildProcess {
  return fork(fileURLToPath(program), args)
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.disconnect()
  await exited
}
