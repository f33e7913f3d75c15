import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The key that names the object's namespace on disk, made once for each storage directory. With another
 * key workerd would not find what it stored, so the file is created with `wx` and never rewritten.
 */
export async function uniqueKey(storage: string): Promise<string> {
  const path = join(storage, 'unique-key')
  try {
    await writeFile(path, `${randomBytes(16).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return (await readFile(path, 'utf8')).trim()
}
