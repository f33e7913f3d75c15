import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { BackupListView, BackupView } from '../../../local-daemon/backup/backup-view.ts'
import { s3Place } from '../../../local-daemon/backup/place/s3/s3-place.ts'
import { identityFileText, makeAgePair } from '../../../local-daemon/backup/seal/age-keys.ts'
import { aDaemon, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { anS3Server, CREDENTIALS, type S3Server } from '../../support/s3/s3-server.ts'

/** A daemon with an S3 server, and an owner to whom backups can be sealed. */
export interface Stage extends AsyncDisposable {
  readonly home: string
  readonly daemon: TestDaemon
  readonly server: S3Server
  readonly place: string
  /** The file of the owner's identity, which the daemon never sees. */
  readonly key: string
  readonly recipient: string
  set(key: string, value: unknown): Promise<Response>
  make(): Promise<BackupView>
  list(): Promise<BackupListView>
  write(): Promise<void>
}

const draft = { thread: 'th_tea', act: 'DO', body: { text: 'tea' } }

/** The file of credentials that the server takes. */
export const KEYS = `aws_access_key_id=${CREDENTIALS.accessKeyId}\naws_secret_access_key=${CREDENTIALS.secretAccessKey}\n`

export async function aStage(): Promise<Stage> {
  const server = await anS3Server()
  const at = aHome()
  const home = join(at.path, 'home')
  const daemon = await aDaemon({ home })
  const pair = await makeAgePair()
  const key = join(at.path, 'key.txt')
  writeFileSync(key, identityFileText(pair, new Date()))
  writeFileSync(join(home, 's3.credentials'), KEYS, { mode: 0o600 })
  const of = async <Answer>(answer: Response): Promise<Answer> => (await answer.json()) as Answer
  return {
    home,
    daemon,
    server,
    place: `s3://backups/home?endpoint=${server.endpoint}`,
    key,
    recipient: pair.recipient,
    set: (name, value) => daemon.post(`/v1/config/${name}`, { value }),
    make: async () => of(await daemon.post('/v1/admin/backup', {})),
    list: async () => of(await daemon.get('/v1/backups')),
    async write() {
      expect((await daemon.post('/v1/records', draft)).status).toBe(201)
    },
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      at[Symbol.dispose]()
    },
  }
}

/** From now on each backup is sealed to the stage's owner and sent to its bucket. */
export async function sealAndSend(stage: Stage): Promise<void> {
  await stage.set('backup_recipients', [stage.recipient])
  await stage.set('backup_to', stage.place)
}

export const namesThere = async ({ list }: Stage): Promise<readonly string[]> =>
  (await list()).offsite?.names ?? []
export const bucketOf = ({ server }: Stage) =>
  s3Place({ address: server.address('home'), credentials: () => CREDENTIALS })
