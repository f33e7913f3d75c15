import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { detach } from '../../protocol/detach.ts'
import type { RefusalCounts, Refusals } from './front/refusal-counts.ts'

/** Milliseconds between two writes; at most one is lost when the gateway is killed. */
const WRITE_MS = 2_000

/** Writes the refusals beside the storage of a gateway, for `spl gateway status`. Returns a function that writes them a last time and stops. */
export function keepRefusals(directory: string, counts: RefusalCounts): () => Promise<void> {
  const path = pathIn(directory)
  const write = async (): Promise<void> => {
    await writeFile(`${path}.new`, `${JSON.stringify(counts.report())}\n`, { mode: 0o600 })
    await rename(`${path}.new`, path)
  }
  // A full disk must not end a working gateway: the numbers are written once there is room.
  const timer = setInterval(() => {
    if (counts.changed) detach(write(), () => (counts.changed = true))
  }, WRITE_MS)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await write().catch(() => {})
  }
}

/** What the gateway with this storage has refused; undefined if none has run, or none that counted. */
export function readRefusals(directory: string): Refusals | undefined {
  try {
    const found = JSON.parse(readFileSync(pathIn(directory), 'utf8')) as Partial<Refusals>
    const { since, by_code } = found
    return typeof since === 'number' && typeof by_code === 'object' ? { since, by_code } : undefined
  } catch {
    return undefined
  }
}

function pathIn(directory: string): string {
  return join(directory, 'refusals.json')
}
