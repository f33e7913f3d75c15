import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import {
  identityFileText,
  makeAgePair,
  parseRecipient,
  readIdentities,
} from '../../../../local-daemon/backup/seal/age-keys.ts'
import { homePair } from '../../../../local-daemon/backup/seal/home-pair.ts'
import { seal, unseal } from '../../../../local-daemon/backup/seal/seal.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'

const from = (bytes: Buffer): Readable => Readable.from([bytes])

describe('what is sealed', () => {
  test.each([0, 1, 65_536, 200_001])('%i bytes come back with the identity', async (size) => {
    const { recipient, identity } = await makeAgePair()
    const bytes = randomBytes(size)
    const sealed = await buffer(await seal(from(bytes), { recipients: [recipient] }))
    expect(sealed.toString('latin1')).toMatch(/^age-encryption\.org\/v1\n-> X25519 /)
    const plain = await buffer(await unseal(from(sealed), { identities: [identity] }))
    expect(plain.equals(bytes)).toBe(true)
  })

  test('is opened by each of several recipients, and by nobody else', async () => {
    const pairs = await Promise.all([makeAgePair(), makeAgePair(), makeAgePair()])
    const [one, two, other] = pairs.map(({ identity }) => identity)
    const recipients = pairs.slice(0, 2).map(({ recipient }) => recipient)
    const sealed = await buffer(await seal(from(Buffer.from('x')), { recipients }))
    for (const identity of [one, two]) {
      const plain = await unseal(from(sealed), { identities: [other ?? '', identity ?? ''] })
      expect(await text(plain)).toBe('x')
    }
    const wrong = unseal(from(sealed), { identities: [other ?? ''] })
    await expect(wrong).rejects.toMatchObject({ code: 'AGE_IDENTITY_WRONG' })
  })

  test('fails at any byte that was changed, and at any end that came early', async () => {
    const { recipient, identity } = await makeAgePair()
    const sealed = await buffer(await seal(from(randomBytes(150_000)), { recipients: [recipient] }))
    const read = async (bytes: Buffer): Promise<Buffer> =>
      buffer(await unseal(from(bytes), { identities: [identity] }))
    const header = sealed.indexOf('\n--- ')
    for (const at of [header + 10, header + 60, 70_000, sealed.length - 1]) {
      const changed = Buffer.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      await expect(read(changed), `byte ${at}`).rejects.toMatchObject({
        code: expect.stringMatching(/^AGE_FILE_(?:DAMAGED|INVALID)$/),
      })
    }
    for (const length of [header + 100, 65_536 + header + 60, 131_072, sealed.length - 1]) {
      await expect(read(sealed.subarray(0, length)), `length ${length}`).rejects.toMatchObject({
        code: 'AGE_FILE_DAMAGED',
      })
    }
    await expect(read(Buffer.from('SQLite format 3\0'))).rejects.toMatchObject({
      code: expect.stringMatching(/^AGE_FILE_/),
    })
  })

  test('passes on why its source broke off', async () => {
    const { recipient, identity } = await makeAgePair()
    const sealed = await buffer(await seal(from(randomBytes(300_000)), { recipients: [recipient] }))
    async function* cut(): AsyncGenerator<Buffer> {
      yield sealed.subarray(0, 100_000)
      throw Object.assign(new Error('cut'), { code: 'S3_DOWNLOAD_CUT' })
    }
    const reading = async (): Promise<Buffer> =>
      buffer(await unseal(Readable.from(cut()), { identities: [identity] }))
    await expect(reading()).rejects.toMatchObject({ code: 'S3_DOWNLOAD_CUT' })
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(100_000)
      throw new Error('the disk failed')
    }
    const sealing = async (): Promise<Buffer> =>
      buffer(await seal(Readable.from(broken()), { recipients: [recipient] }))
    await expect(sealing()).rejects.toThrow('the disk failed')
  })

  test('keeps little in memory, however large it is', async () => {
    const { recipient, identity } = await makeAgePair()
    let read = 0
    let ahead = 0
    let taken = 0
    async function* source(): AsyncGenerator<Buffer> {
      for (let left = 64; left > 0; left -= 1) {
        read += 262_144
        yield Buffer.alloc(262_144)
      }
    }
    const sealed = await seal(Readable.from(source()), { recipients: [recipient] })
    const plain = await unseal(sealed, { identities: [identity] })
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      taken += chunk.length
      ahead = Math.max(ahead, read - taken)
      await new Promise(setImmediate)
    }
    expect(taken).toBe(64 * 262_144)
    expect(ahead).toBeLessThan(6 * 1024 * 1024)
  })

  test('with a passphrase opens with that passphrase alone', { timeout: 60_000 }, async () => {
    const sealed = await buffer(
      await seal(from(Buffer.from('key')), { passphrase: 'correct horse' }),
    )
    expect(await text(await unseal(from(sealed), { passphrase: 'correct horse' }))).toBe('key')
    await expect(unseal(from(sealed), { passphrase: 'correct horsE' })).rejects.toMatchObject({
      code: 'PASSPHRASE_WRONG',
    })
  })
})

describe('keys of age', () => {
  test('are written as age-keygen writes them, and read with comments', async () => {
    using home = aHome()
    const pair = await makeAgePair()
    const path = join(home.path, 'key.txt')
    writeFileSync(path, identityFileText(pair, new Date('2026-11-30T00:00:00Z')))
    expect(readFileSync(path, 'utf8')).toMatch(
      /^# created: 2026-11-30T00:00:00\.000Z\n# public key: age1[a-z0-9]{58}\nAGE-SECRET-KEY-1[A-Z0-9]{58}\n$/,
    )
    expect(readIdentities(path)).toEqual([pair.identity])
    expect(parseRecipient(pair.recipient)).toBe(pair.recipient)
  })

  test('are refused where they are something else', async () => {
    using home = aHome()
    const { recipient, identity } = await makeAgePair()
    const last = recipient.at(-1) === 'q' ? 'p' : 'q'
    for (const text of ['', 'age1', 'ssh-ed25519 AAAA', recipient.slice(0, -1) + last]) {
      expect(() => parseRecipient(text)).toThrow(
        expect.objectContaining({ code: 'AGE_RECIPIENT_INVALID' }),
      )
    }
    expect(() => parseRecipient(identity)).toThrow(/which is a secret/)
    expect(() => parseRecipient(identity)).not.toThrow(identity)
    const path = join(home.path, 'key.txt')
    for (const text of ['', recipient, `${identity}\nother`]) {
      writeFileSync(path, text)
      expect(() => readIdentities(path)).toThrow(
        expect.objectContaining({ code: 'AGE_IDENTITY_UNREADABLE' }),
      )
    }
    expect(() => readIdentities(join(home.path, 'none'))).toThrow(
      expect.objectContaining({ code: 'AGE_IDENTITY_UNREADABLE' }),
    )
  })

  test('of a home follow from its identity', async () => {
    const signing = (first: number) => () => new Uint8Array(64).fill(first)
    const pair = await homePair(signing(1))
    expect(await homePair(signing(1))).toEqual(pair)
    expect(await homePair(signing(2))).not.toEqual(pair)
    const sealed = await seal(from(Buffer.from('note')), { recipients: [pair.recipient] })
    expect(await text(await unseal(sealed, { identities: [pair.identity] }))).toBe('note')
  })
})

/** The command of Debian's package `age`; .ci/run installs it. */
function hasAge(): boolean {
  try {
    execFileSync('age', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    if (process.env['CI'] === 'true') throw new Error('age is missing: apt-get install age')
    return false
  }
}

describe.skipIf(!hasAge())('the age command', () => {
  test('decrypts what is sealed here, and encrypts what is opened here', async () => {
    using home = aHome()
    const key = join(home.path, 'key.txt')
    execFileSync('age-keygen', ['-o', key], { stdio: 'ignore' })
    const identities = readIdentities(key)
    const recipient = execFileSync('age-keygen', ['-y', key], { encoding: 'utf8' }).trim()
    const bytes = randomBytes(200_000)
    const ours = await buffer(await seal(from(bytes), { recipients: [parseRecipient(recipient)] }))
    expect(execFileSync('age', ['-d', '-i', key], { input: ours }).equals(bytes)).toBe(true)
    const theirs = execFileSync('age', ['-r', recipient], { input: bytes })
    expect((await buffer(await unseal(from(theirs), { identities }))).equals(bytes)).toBe(true)
    // The other way round: an identity of ours.
    const pair = await makeAgePair()
    writeFileSync(key, identityFileText(pair, new Date()))
    const sealed = await buffer(await seal(from(bytes), { recipients: [pair.recipient] }))
    expect(execFileSync('age', ['-d', '-i', key], { input: sealed }).equals(bytes)).toBe(true)
  })
})
