import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { WRANGLER_VERSION } from './project-files.ts'

/** A program and what it is always called with. */
export interface Command {
  readonly program: string
  readonly args: readonly string[]
  /** For people: which wrangler it is. */
  readonly name: string
}

/**
 * The wrangler of the project (its `node_modules`, or those of a directory above), else the one version that spl is tested
 * with, which npx fetches from the npm registry.
 */
export function findWrangler(directory: string): Command {
  const require = createRequire(join(directory, 'package.json'))
  try {
    const manifest = require.resolve('wrangler/package.json')
    const script = join(dirname(manifest), 'bin', 'wrangler.js')
    const { version } = require(manifest) as { version: string }
    if (existsSync(script)) {
      return { program: process.execPath, args: [script], name: `wrangler ${version}` }
    }
  } catch {
    // Not installed there: npx has it.
  }
  const name = `wrangler ${WRANGLER_VERSION}`
  return { program: 'npx', args: ['--yes', `wrangler@${WRANGLER_VERSION}`], name }
}
