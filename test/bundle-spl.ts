import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundleWorker } from '../local-daemon/gateway/worker-bundle.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** In the checkout, so that packages are found from there. */
const CACHE = join(ROOT, 'node_modules/.cache/spl')

/**
 * Runs once before the tests: the command line in few files, laid out as `npm run build` does. A command that the tests
 * start as a process starts in half the time of one from some hundred sources, and a gateway needs not bundle its Worker.
 */
export async function setup(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [
      entry('local-daemon/cli/main'),
      entry('local-daemon/backup/copy/copy-process'),
      // A thread starts from a file beside the code that starts it, which is in a chunk here.
      entry('local-daemon/store/read-pool/read-worker', 'local-daemon/cli/read-worker'),
      entry('local-daemon/store/search/index-worker', 'local-daemon/cli/index-worker'),
    ],
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    packages: 'external',
    outbase: ROOT,
    outdir: CACHE,
    // As deep as the folders whose files look for others by their way from the root.
    chunkNames: 'local-daemon/cli/[name]-[hash]',
    write: false,
    logLevel: 'error',
  })
  const files = new Map(outputFiles.map(({ path, text }) => [relative(CACHE, path), text]))
  files.set('edge-gateway/worker.js', await bundleWorker(join(ROOT, 'edge-gateway/worker.ts')))
  files.set('package.json', '{ "type": "module" }\n')
  const hash = createHash('sha256')
    .update(JSON.stringify([...files]))
    .digest('hex')
    .slice(0, 16)
  const directory = keep(hash, files)
  process.env['SPL_TEST_MAIN'] = join(directory, 'local-daemon/cli/main.js')
  process.env['SPL_TEST_WORKER'] = join(directory, 'edge-gateway/worker.js')
}

function entry(path: string, out = path): { readonly in: string; readonly out: string } {
  return { in: join(ROOT, `${path}.ts`), out }
}

/** Written once for all runs that have the same sources, also at the same time. */
function keep(hash: string, files: ReadonlyMap<string, string>): string {
  const directory = join(CACHE, hash)
  if (existsSync(directory)) return directory
  mkdirSync(CACHE, { recursive: true })
  const fresh = mkdtempSync(join(CACHE, 'new-'))
  for (const [name, text] of files) {
    mkdirSync(dirname(join(fresh, name)), { recursive: true })
    writeFileSync(join(fresh, name), text)
  }
  try {
    renameSync(fresh, directory)
  } catch {
    // Another run was there first.
    rmSync(fresh, { recursive: true })
  }
  return directory
}
