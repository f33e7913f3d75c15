import type { StdinOptions } from 'esbuild'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/**
 * The Worker as one ES module. The published package carries it ready made; in a checkout it is
 * bundled from source, so that an edit is running at the next start. esbuild is loaded only then.
 */
export async function workerBundle(): Promise<string> {
  const ready = fileURLToPath(new URL('../../edge-gateway/worker.js', import.meta.url))
  if (existsSync(ready)) return readFile(ready, 'utf8')
  return bundleWorker(fileURLToPath(new URL('../../edge-gateway/worker.ts', import.meta.url)))
}

/**
 * Bundles a Worker the way `wrangler deploy` does: same conditions, same target.
 * @param entry path of its entry file, or that file's text and the folder that its imports start from
 */
export async function bundleWorker(entry: string | StdinOptions): Promise<string> {
  const { build } = await import('esbuild')
  const result = await build({
    ...(typeof entry === 'string' ? { entryPoints: [entry] } : { stdin: entry }),
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
    logLevel: 'silent',
  })
  return result.outputFiles[0]?.text ?? ''
}
