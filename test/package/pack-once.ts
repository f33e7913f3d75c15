import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { npm } from './npm.ts'
import { packedOf, type Packed } from '../support/packed.ts'

/** What `npm pack` made of this checkout, once for all files of the suite. */
export interface Tarball extends Packed {
  readonly path: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly tarball: Tarball
  }
}

export async function setup(project: TestProject): Promise<() => void> {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const directory = mkdtempSync(join(tmpdir(), 'spl-pack-'))
  const packed = packedOf(
    await npm(['pack', '--json', `--pack-destination=${directory}`], { cwd: root }),
  )
  project.provide('tarball', { ...packed, path: join(directory, packed.filename) })
  return () => rmSync(directory, { recursive: true, force: true })
}
