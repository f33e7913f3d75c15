import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, unlink, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Home } from '../../../home/home.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT_CODE } from '../../exit-code.ts'
import type { SecretSink } from './secret-sink.ts'
import { tokenFile } from '../../client/token-file.ts'

/** `--out`: a file that did not exist, mode 0600, removed again if nothing comes to be in it. */
export async function newSecretFile(path: string): Promise<SecretSink> {
  return sink(path, await create(path))
}

/** The token file of a home, replaced in one step: a reader sees the old bearer or the new one. */
export async function replacedTokenFile(home: Home): Promise<SecretSink> {
  const path = tokenFile(home)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const beside = `${path}.${randomUUID()}`
  return sink(beside, await create(beside), path)
}

function sink(path: string, file: FileHandle, target?: string): SecretSink {
  const name = target ?? path
  return {
    place: name,
    async deliver(secret) {
      try {
        await file.writeFile(`${secret}\n`)
        await file.sync()
        await file.close()
        if (target !== undefined) await rename(path, target)
      } catch (cause) {
        await file.close().catch(() => {})
        await unlink(path).catch(() => {})
        throw cause
      }
    },
    async discard() {
      await file.close()
      await unlink(path)
    },
  }
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600)
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST'
    throw new CliError(
      exists ? 'OUT_EXISTS' : 'OUT_NOT_WRITABLE',
      exists
        ? `${path} already exists and was not changed`
        : `make ${path}: ${(cause as Error).message}`,
      'choose another file; nothing was created',
      EXIT_CODE.usage,
      { cause },
    )
  }
}
