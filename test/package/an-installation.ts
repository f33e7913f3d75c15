import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { npm } from './npm.ts'

/** A directory of its own with a real Node.js and, beside it, whatever is installed. */
export interface Installation {
  readonly directory: string
  /** Holds `node`. */
  readonly nodeBin: string
  /** Holds `spl`, once it is installed. */
  readonly splBin: string
  /** The prefix of `npm install --global`. */
  readonly prefix: string
  /** The installed package. */
  readonly packageRoot: string
  /** Installs the tarball as a person would. */
  install(tarball: string): Promise<void>
  uninstall(): Promise<void>
  [Symbol.dispose](): void
}

/** Fetches a Node.js from the npm registry, the package `node` of which has the official binaries. */
export async function anInstallation(nodeVersion: string): Promise<Installation> {
  const directory = mkdtempSync(join(tmpdir(), `spl-node-${nodeVersion}-`))
  const runtime = join(directory, 'runtime')
  const prefix = join(directory, 'prefix')
  for (const path of [runtime, prefix]) mkdirSync(path)
  // Its install script puts the binary in place.
  writeFileSync(join(runtime, 'package.json'), JSON.stringify({ allowScripts: { node: true } }))
  await npm(['install', '--no-save', `node@${nodeVersion}`], { cwd: runtime })
  const nodeBin = join(runtime, 'node_modules/node/bin')
  return {
    directory,
    nodeBin,
    splBin: join(prefix, 'bin'),
    prefix,
    packageRoot: join(prefix, 'lib/node_modules/spl'),
    async install(tarball) {
      const where = { cwd: directory, bin: nodeBin }
      await npm(['install', '--global', `--prefix=${prefix}`, tarball], where)
    },
    async uninstall() {
      const where = { cwd: directory, bin: nodeBin }
      await npm(['uninstall', '--global', `--prefix=${prefix}`, 'spl'], where)
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  }
}
