import { readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { GatewayError } from './gateway-error.ts'

const require = createRequire(import.meta.url)
/** The version of the installed runtime, for example `1.20261117.1`. */
const { version: WORKERD_VERSION } = require('workerd/package.json') as { version: string }

/**
 * Records the newest workerd that a directory has seen, and refuses an older one: a newer one may have changed the format of the
 * object's storage, and an older one then crashes without an explanation.
 *
 * @throws GatewayError STORAGE_NEWER
 */
export async function checkStorageVersion(
  directory: string,
  version: string = WORKERD_VERSION,
): Promise<void> {
  const path = join(directory, 'workerd-version')
  const seen = await readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => '',
  )
  const order = compare(seen, version)
  if (order > 0) {
    throw new GatewayError(
      'STORAGE_NEWER',
      `${directory} was written by workerd ${seen}, which is newer than the ${version} of this spl`,
      'the newer spl again; or an empty --storage: nothing of value is lost, the daemon tells it all again',
    )
  }
  if (order === 0) return
  await writeFile(`${path}.new`, `${version}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

/** Compares numbers between dots from the left; anything else is older than every version. */
function compare(left: string, right: string): number {
  const [a, b] = [left, right].map((text) => text.split('.').map((part) => Number(part) || 0))
  for (let at = 0; at < 3; at++) {
    const difference = (a?.[at] ?? 0) - (b?.[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
