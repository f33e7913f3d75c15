import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { COMPATIBILITY_DATE } from '../../local-daemon/gateway/compatibility-date.ts'
import { workerdConfig } from '../../local-daemon/gateway/workerd-config.ts'
import { startWorkerd } from '../../local-daemon/gateway/workerd-process.ts'

/** workerd with nothing in front of it: the runtime's own ceiling, which no gateway can pass. */
export interface RawWorkerd {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

/** @param worker source of the Worker */
export async function startRawWorkerd(directory: string, worker: string): Promise<RawWorkerd> {
  const storage = join(directory, 'storage')
  await mkdir(storage, { recursive: true })
  await writeFile(join(directory, 'worker.js'), worker)
  const configFile = join(directory, 'workerd.capnp')
  const config = workerdConfig({
    address: '127.0.0.1:0',
    publicHostnames: ['localhost'],
    worker: 'worker.js',
    compatibilityDate: COMPATIBILITY_DATE,
    storage,
    uniqueKey: 'bench',
  })
  await writeFile(configFile, config)
  const { pid, port, stop } = await startWorkerd(configFile, (line) => {
    process.stderr.write(`${line}\n`)
  })
  return { url: `http://localhost:${port}`, pid, stop }
}
