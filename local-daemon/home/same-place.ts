import { resolve } from 'node:path'
import { realPath } from './real-path.ts'

/**
 * Whether two paths lead to one file or directory, also before it exists: a home may be reached by a symbolic link too, or through one
 * (`/tmp` of macOS). Compare paths of homes and stores with this alone. A path that cannot be followed is the same as itself only.
 */
export function isSamePlace(one: string, other: string): boolean {
  return resolve(one) === resolve(other) || followed(one) === followed(other)
}

function followed(path: string): string {
  try {
    return realPath(resolve(path))
  } catch {
    return resolve(path)
  }
}
