import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const HOLD = fileURLToPath(new URL('./hold-lock.ts', import.meta.url))

/** Another program that has the database locked, until it is told to let go. */
export async function aHolder(path: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [HOLD, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return async () => {
    const closed = once(child, 'close')
    child.stdin.end()
    await closed
  }
}
