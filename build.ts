/**
 * `npm run build`: what the published package runs. The daemon and the protocol become plain JavaScript under
 * dist/, the Worker one bundled module, and the result is started once to see that it runs.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bundleWorker } from './local-daemon/gateway/worker-bundle.ts'

const root = import.meta.dirname
const dist = join(root, 'dist')
const main = join(dist, 'local-daemon/cli/main.js')

rmSync(dist, { recursive: true, force: true })
emitRooms()
await writeWorker()
checkCommandLine()

/** The two rooms that run on Node. `protocol/` comes along because the daemon imports it. */
function emitRooms(): void {
  const options = ['--noEmit', 'false', '--outDir', dist, '--rootDir', root]
  const flags = ['--rewriteRelativeImportExtensions', '--declaration', 'false']
  run(join(root, 'node_modules/typescript/bin/tsc'), ['-p', 'local-daemon', ...options, ...flags])
}

async function writeWorker(): Promise<void> {
  const path = join(dist, 'edge-gateway/worker.js')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, await bundleWorker(join(root, 'edge-gateway/worker.ts')))
}

function checkCommandLine(): void {
  chmodSync(main, 0o755)
  run(main, ['--help'], 'ignore')
  process.stdout.write(`built ${main}\n`)
}

function run(
  script: string,
  args: readonly string[],
  stdout: 'inherit' | 'ignore' = 'inherit',
): void {
  execFileSync(process.execPath, [script, ...args], {
    cwd: root,
    stdio: ['ignore', stdout, 'inherit'],
  })
}
