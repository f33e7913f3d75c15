import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { s3Place } from '../../../../local-daemon/backup/place/s3/s3-place.ts'
import {
  type SealedPlace,
  sealedPlace,
} from '../../../../local-daemon/backup/place/sealed-place.ts'
import type { BackupPlace } from '../../../../local-daemon/backup/place/backup-place.ts'
import { type AgePair, makeAgePair } from '../../../../local-daemon/backup/seal/age-keys.ts'
import { anS3Server, CREDENTIALS, type S3Server } from '../../../support/s3/s3-server.ts'

const NAME = 'hub-20261130T084200Z-42-9f3a1c2b.db'
const OTHER = 'hub-20261201T084200Z-43-9f3a1c2b.db'

interface Stage {
  readonly bucket: BackupPlace
  readonly owner: AgePair
  readonly home: AgePair
  /** As the daemon has it, which cannot read backups; or as the owner, with the identity. */
  place(identities?: readonly string[]): SealedPlace
}

async function aStage(server: S3Server): Promise<Stage> {
  const bucket = s3Place({ address: server.address('x'), credentials: () => CREDENTIALS })
  const [owner, home] = await Promise.all([makeAgePair(), makeAgePair()])
  const recipients = [owner.recipient]
  return {
    bucket,
    owner,
    home,
    place: (identities = []) => sealedPlace({ place: bucket, recipients, home, identities }),
  }
}

async function putBackup(place: BackupPlace, name: string, bytes: Buffer): Promise<void> {
  await place.put(name, Readable.from([bytes]))
  await place.put(`${name}.json`, Readable.from([`manifest of ${name}`]))
}

/** Everything that somebody who can read the bucket sees. */
function whatIsSeen(directory: string): Buffer {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
  const parts = files.flatMap((file) => {
    const path = join(file.parentPath, file.name)
    return [Buffer.from(`${path}\n`), ...(file.isFile() ? [readFileSync(path)] : [])]
  })
  return Buffer.concat(parts)
}

describe('a place for sealed backups', () => {
  test('looks like any place to the owner, and lists without the owner', async () => {
    await using server = await anS3Server()
    const { place, owner } = await aStage(server)
    const bytes = randomBytes(100_000)
    await putBackup(place(), NAME, bytes)
    const listed = await place().list()
    expect(listed.map(({ name, bytes: size }) => [name, size])).toEqual([
      [NAME, 100_000],
      [`${NAME}.json`, `manifest of ${NAME}`.length],
    ])
    expect(await text(await place().get(`${NAME}.json`))).toBe(`manifest of ${NAME}`)
    await expect(place().get(NAME)).rejects.toMatchObject({ code: 'AGE_IDENTITY_WRONG' })
    const read = await buffer(await place([owner.identity]).get(NAME))
    expect(read.equals(bytes)).toBe(true)
    await place().remove(NAME)
    await place().remove(`${NAME}.json`)
    expect(await place().list()).toEqual([])
  })

  test('sweeps what killed daemons left a day ago, and nothing else', async () => {
    await using server = await anS3Server()
    const { bucket } = await aStage(server)
    let now = Date.now()
    // The server keeps no times that could be set.
    const aged: BackupPlace = {
      ...bucket,
      list: async () => (await bucket.list()).map((file) => ({ ...file, modifiedAt: now })),
    }
    const [owner, home] = await Promise.all([makeAgePair(), makeAgePair()])
    const place = sealedPlace({ place: aged, recipients: [owner.recipient], home })
    await putBackup(place, NAME, randomBytes(1_000))
    // Killed before its note, and in the middle of a removal.
    await place.put(OTHER, Readable.from(['no manifest follows']))
    const lone = 'hub-20261129T084200Z-0123456789abcdef.age.note'
    await bucket.put(lone, Readable.from(['a note']))
    await bucket.put('letter.txt', Readable.from(['of somebody else']))
    expect(await place.sweep()).toEqual([])
    now -= 25 * 3600 * 1000
    expect(await place.sweep()).toEqual([lone, expect.stringMatching(/^hub-20261201.*\.age$/u)])
    expect((await place.list()).map(({ name }) => name)).toEqual([NAME, `${NAME}.json`])
    expect((await bucket.list()).map(({ name }) => name)).toContain('letter.txt')
  })

  test('shows who reads the bucket sizes and times, and nothing else', async () => {
    await using server = await anS3Server()
    const { place } = await aStage(server)
    const canary = 'canary-of-the-store'
    await putBackup(place(), NAME, Buffer.from(canary.repeat(1000)))
    const seen = whatIsSeen(server.directory).toString('latin1')
    expect(seen).toContain('hub-20261130T084200Z-')
    for (const secret of [canary, '9f3a1c2b', '-42-', 'manifest'])
      expect(seen).not.toContain(secret)
  })

  test('does not show a backup whose upload was not finished', async () => {
    await using server = await anS3Server()
    const stage = await aStage(server)
    await stage.place().put(NAME, Readable.from([Buffer.from('x')]))
    const place = stage.place()
    expect(await place.list()).toEqual([])
    expect(place.foreign.length).toBe(1)
  })

  test('notices that one backup was put in the place of another', async () => {
    await using server = await anS3Server()
    const stage = await aStage(server)
    await putBackup(stage.place(), NAME, Buffer.from('the older one'))
    await putBackup(stage.place(), OTHER, Buffer.from('the newer one'))
    const names = (await stage.bucket.list()).map(({ name }) => name)
    const [older = '', olderNote = '', newer = '', newerNote = ''] = names
    expect(newer).toMatch(/^hub-20261201T084200Z-[0-9a-f]{16}\.age$/)
    // Both files of the older one, under the names of the newer one.
    for (const [file, to] of [
      [older, newer],
      [olderNote, newerNote],
    ] as const) {
      const content = await buffer(await stage.bucket.get(file))
      await stage.bucket.put(to, Readable.from([content]))
    }
    const place = stage.place()
    expect((await place.list()).map(({ name }) => name)).toEqual([NAME, `${NAME}.json`])
    expect(place.foreign.map(({ name }) => name)).toEqual([newer])
  })

  test('shows another size as it is, and passes no byte on that was changed', async () => {
    await using server = await anS3Server()
    const stage = await aStage(server)
    await putBackup(stage.place(), NAME, randomBytes(100_000))
    const [file = ''] = (await stage.bucket.list()).map(({ name }) => name)
    const content = await buffer(await stage.bucket.get(file))
    await stage.bucket.put(file, Readable.from([content.subarray(0, -100)]))
    const [listed] = await stage.place().list()
    expect(listed?.bytes).toBe(content.length - 100)
    const read = async (): Promise<Buffer> =>
      buffer(await stage.place([stage.owner.identity]).get(NAME))
    await expect(read()).rejects.toMatchObject({ code: 'AGE_FILE_DAMAGED' })
  })

  test('leaves out notes that are for others, too large, or not notes at all', async () => {
    await using server = await anS3Server()
    const stage = await aStage(server)
    await putBackup(stage.place(), NAME, Buffer.from('x'))
    const other = await aStage(server)
    await putBackup(other.place(), OTHER, Buffer.from('y'))
    const put = (name: string, bytes: Buffer) => stage.bucket.put(name, Readable.from([bytes]))
    for (const [at, note] of [randomBytes(100_000), Buffer.from('{}'), Buffer.alloc(0)].entries()) {
      const name = `hub-20261202T084200Z-${String(at).repeat(16)}.age`
      await put(name, Buffer.from('x'))
      await put(`${name}.note`, note)
    }
    await put('something-else', Buffer.from('x'))
    const place = stage.place()
    expect((await place.list()).map(({ name }) => name)).toEqual([NAME, `${NAME}.json`])
    expect(place.foreign.length).toBe(4)
  })
})
