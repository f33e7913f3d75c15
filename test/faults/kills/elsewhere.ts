import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identityFileText, makeAgePair } from '../../../local-daemon/backup/seal/age-keys.ts'
import { anS3Server, CREDENTIALS } from '../../support/s3/s3-server.ts'
import type { HomeUnderKill } from './home-under-kill.ts'

/** An S3 server to which homes send their backups, and what decrypts them. */
export interface Elsewhere extends AsyncDisposable {
  /** The file for `--identity`. */
  readonly key: string
  /** How many parts of uploads are there that did not end. */
  parts(): number
  /** Lets a home whose daemon runs send its backups here. @returns the address that it sends them to */
  takeFrom(home: HomeUnderKill): Promise<string>
}

export async function anElsewhere(): Promise<Elsewhere> {
  const server = await anS3Server()
  const pair = await makeAgePair()
  const directory = mkdtempSync(join(tmpdir(), 'spl-'))
  const key = join(directory, 'key.txt')
  writeFileSync(key, identityFileText(pair, new Date()))
  let homes = 0
  return {
    key,
    parts: () => server.parts(),
    async takeFrom(home) {
      homes += 1
      const to = `s3://backups/home-${homes}?endpoint=${server.endpoint}`
      const { accessKeyId: id, secretAccessKey: secret } = CREDENTIALS
      const keys = `aws_access_key_id=${id}\naws_secret_access_key=${secret}\n`
      writeFileSync(join(home.path, 's3.credentials'), keys, { mode: 0o600 })
      await home.asked('/v1/config/backup_recipients', { value: [pair.recipient] })
      await home.asked('/v1/config/backup_to', { value: to })
      return to
    },
    async [Symbol.asyncDispose]() {
      rmSync(directory, { recursive: true })
      await server[Symbol.asyncDispose]()
    },
  }
}
