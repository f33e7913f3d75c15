import { execFile } from 'node:child_process'
import { delimiter } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Runs npm on the Node.js of a directory, with the user's own registry and cache, and nothing of the npm that runs the tests.
 *
 * @param bin directory that holds `node`; the one of this process unless told
 * @throws Error with what npm wrote
 */
export async function npm(
  args: readonly string[],
  { cwd, bin }: { readonly cwd: string; readonly bin?: string },
): Promise<string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^npm_(?!config_registry|config_cafile)/iu.test(name),
  )
  const path = [...(bin === undefined ? [] : [bin]), process.env['PATH'] ?? ''].join(delimiter)
  const { stdout } = await run('npm', [...args, '--no-fund', '--no-audit'], {
    cwd,
    env: { ...Object.fromEntries(kept), PATH: path },
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
}
