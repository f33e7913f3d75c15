import { createHash, randomUUID } from 'node:crypto'
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorker, workerBundle } from '../../../local-daemon/gateway/worker-bundle.ts'

const EDGE = fileURLToPath(new URL('../../../edge-gateway', import.meta.url))

/** The Worker as bundled for all tests (bundle-spl.ts), or now. */
export function builtWorker(): Promise<string> {
  const ready = process.env['SPL_TEST_WORKER']
  return ready === undefined ? workerBundle() : readFile(ready, 'utf8')
}

/**
 * A module around the Worker, whose imports start from `edge-gateway/`. Bundled once for all tests, beside the Worker, in a directory that
 * has the hash of the sources as its name.
 */
export async function wrappedWorker(contents: string): Promise<string> {
  const ready = process.env['SPL_TEST_WORKER']
  if (ready === undefined) return bundleWorker({ contents, resolveDir: EDGE })
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 16)
  const kept = join(dirname(ready), `wrapped-${hash}.js`)
  if (existsSync(kept)) return readFile(kept, 'utf8')
  const bundle = await bundleWorker({ contents, resolveDir: EDGE })
  const fresh = `${kept}.${randomUUID()}`
  writeFileSync(fresh, bundle)
  renameSync(fresh, kept)
  return bundle
}
