import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/**
 * Makes this process start workerd with its inspector on a port of loopback. No option of the product does that: whoever
 * reaches the inspector reads every token.
 */
export function startWithInspector(directory: string, port: string): void {
  const require = createRequire(import.meta.url)
  const path = require.resolve('workerd')
  const { default: workerd } = require('workerd') as { readonly default: string }
  mkdirSync(directory, { recursive: true })
  const script = join(directory, 'inspected-workerd')
  writeFileSync(script, `#!/bin/sh\nexec '${workerd}' "$@" --inspector-addr=127.0.0.1:${port}\n`)
  chmodSync(script, 0o700)
  const loaded = require.cache[path]
  if (loaded !== undefined) loaded.exports = { default: script }
}
