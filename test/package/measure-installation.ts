import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface Measured {
  /** Bytes of all files on the disk. */
  readonly bytes: number
  /** Packages, the installed one among them. */
  readonly packages: number
}

/** What lies under a directory of packages, nested ones too. */
export function measureInstallation(directory: string): Measured {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  const stats = paths.map((path) => lstatSync(join(directory, path)))
  // workerd's install script links its binary to a second place: on the disk it is there once.
  const files = new Map(stats.filter((stat) => stat.isFile()).map(({ ino, size }) => [ino, size]))
  const manifests = paths.filter((path) =>
    /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@]+\/package\.json$/u.test(`/node_modules/${path}`),
  )
  return {
    bytes: [...files.values()].reduce((sum, size) => sum + size, 0),
    packages: manifests.length,
  }
}
