import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { identityFileText, makeAgePair } from '../../../local-daemon/backup/seal/age-keys.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { plain } from '../../support/cli/plain.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { until } from '../../support/until.ts'
import { aStage, bucketOf, KEYS, namesThere, sealAndSend } from './offsite-stage.ts'

describe('backups elsewhere', { timeout: 60_000 }, () => {
  test('arrive encrypted, are listed beside those at home, and come back proved', async () => {
    await using stage = await aStage()
    await stage.write()
    await sealAndSend(stage)
    const made = await stage.make()
    await until('it is there', async () => (await namesThere(stage)).includes(made.name))
    const listed = await runHere(['backup', 'list'], { home: stage.home })
    expect(plain(listed.stdout)).toMatch(/asked, also elsewhere/)
    const files = (await bucketOf(stage).list()).map(({ name }) => name)
    expect(files.map((name) => name.replace(/-[0-9a-f]{16}\./u, '-*.'))).toEqual([
      expect.stringMatching(/^hub-\d{8}T\d{6}Z-\*\.age$/),
      expect.stringMatching(/^hub-\d{8}T\d{6}Z-\*\.age\.note$/),
    ])
    // The disk at home is lost, and only keys/ came back.
    await stage.daemon.daemon.stop()
    const { backups } = homeAt(stage.home)
    rmSync(backups, { recursive: true })
    const from = ['--from', stage.place, '--json']
    const there = await runHere(['backup', 'list', ...from], { home: stage.home })
    expect(JSON.parse(there.stdout)).toMatchObject({ data: [{ name: made.name }], foreign: 0 })
    const args = ['backup', 'fetch', '--identity', stage.key, ...from]
    const fetched = await runHere(args, { home: stage.home })
    expect(fetched).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(fetched.stdout)).toEqual(made)
    const verified = await runHere(['backup', 'verify', '--json'], { home: stage.home })
    expect(JSON.parse(verified.stdout)).toMatchObject({ status: 'ok', name: made.name })
    // Or straight into the place of the store.
    for (const name of ['hub.db', 'hub.db-wal', 'hub.db-shm']) {
      rmSync(join(stage.home, name), { force: true })
    }
    const [bucket = '', query = ''] = stage.place.split('?')
    const where = `${bucket}/${made.name}?${query}`
    const bare = await runHere(['restore', where], { home: stage.home })
    expect(bare.stderr).toContain('[IDENTITY_NEEDED]')
    const restored = await runHere(['restore', where, '--identity', stage.key, '--json'], {
      home: stage.home,
    })
    expect(restored).toMatchObject({ code: 0 })
    const { backup, records } = JSON.parse(restored.stdout) as Record<string, unknown>
    // The restore writes down that there was one.
    expect([backup, Number(records) >= Number(made.records)]).toEqual([made.name, true])
  })

  test('are refused without a recipient, and nothing leaves the machine', async () => {
    await using stage = await aStage()
    await stage.write()
    await stage.set('backup_to', stage.place)
    await stage.make()
    await until('it failed', async () => (await stage.list()).offsite?.failure !== null)
    expect((await stage.list()).offsite?.failure).toMatchObject({
      code: 'AGE_RECIPIENT_MISSING',
      try: expect.stringContaining('spl backup keygen'),
    })
    expect(await bucketOf(stage).list()).toEqual([])
    // What failed was about the settings of before: now it is not known.
    await stage.set('backup_recipients', [stage.recipient])
    expect((await stage.list()).offsite?.failure).toBeNull()
    const status = await runHere(['status'], { home: stage.home })
    expect(plain(status.stdout)).not.toContain('not sent elsewhere')
  })

  test('that cannot be sent are told, stay at home, and are sent when they can be', async () => {
    await using stage = await aStage()
    await stage.write()
    writeFileSync(join(stage.home, 's3.credentials'), KEYS.replace('=S3RVER\n', '=NOBODY\n'))
    await sealAndSend(stage)
    const made = await stage.make()
    await until('it failed', async () => (await stage.list()).offsite?.failure !== null)
    const { data, offsite } = await stage.list()
    expect(data.map(({ name }) => name)).toEqual([made.name])
    expect(offsite?.failure?.code).toBe('S3_KEY_UNKNOWN')
    const shown = await runHere(['backup', 'list'], { home: stage.home })
    expect(plain(shown.stderr)).toContain('[S3_KEY_UNKNOWN]')
    const status = await runHere(['status'], { home: stage.home })
    expect(plain(status.stdout)).toContain('it was not sent elsewhere: S3_KEY_UNKNOWN')
    const doctor = await runHere(['doctor', '--no-outside', '--json'], { home: stage.home })
    const { checks } = JSON.parse(doctor.stdout) as { readonly checks: readonly unknown[] }
    expect(checks).toContainEqual(
      expect.objectContaining({ name: 'backup-elsewhere', status: 'fail' }),
    )
    const metrics = await (await stage.daemon.get('/metrics')).text()
    expect(metrics).toContain('spl_backup_send_failing 1')
    writeFileSync(join(stage.home, 's3.credentials'), KEYS)
    await stage.daemon.daemon.offsite.send()
    expect((await stage.list()).offsite).toMatchObject({ failure: null, newest: made.name })
  })

  test('are rotated there too', async () => {
    await using stage = await aStage()
    await stage.set('backup_keep', 1)
    await sealAndSend(stage)
    const made: string[] = []
    for (let at = 0; at < 3; at += 1) {
      await stage.write()
      const { name } = await stage.make()
      made.push(name)
      await until('it is there', async () => (await namesThere(stage)).includes(name))
      await stage.daemon.daemon.offsite.send()
    }
    expect(await namesThere(stage)).toEqual(made.slice(-1))
    expect((await bucketOf(stage).list()).length).toBe(2)
  })

  test('do not count if somebody with the bucket made, changed or exchanged them', async () => {
    await using stage = await aStage()
    await stage.write()
    await sealAndSend(stage)
    const made = await stage.make()
    await until('it is there', async () => (await namesThere(stage)).includes(made.name))
    const bucket = bucketOf(stage)
    const [file = '', note = ''] = (await bucket.list()).map(({ name }) => name)
    const content = await buffer(await bucket.get(file))
    const args = ['backup', 'fetch', '--from', stage.place, '--identity', stage.key]
    const tryIt = async (bytes: Buffer): Promise<string> => {
      await bucket.put(file, Readable.from([bytes]))
      const run = await runHere(args, { home: stage.home })
      expect(run.code).toBe(1)
      return run.stderr
    }
    const changed = Buffer.from(content)
    changed[changed.length - 5] = (changed.at(-5) ?? 0) ^ 1
    expect(await tryIt(changed)).toMatch(/\[AGE_FILE_DAMAGED\]/)
    expect(await tryIt(content.subarray(0, -70_000))).toMatch(/\[BACKUP_DAMAGED\]/)
    // Sealed by a stranger to the same owner: of the same size, or it would be told sooner.
    const { seal } = await import('../../../local-daemon/backup/seal/seal.ts')
    const forged = await seal(Readable.from([Buffer.alloc(made.bytes, 1)]), {
      recipients: [stage.recipient],
    })
    expect(await tryIt(await buffer(forged))).toMatch(/\[BACKUP_DAMAGED\]/)
    await bucket.put(file, Readable.from([content]))
    await bucket.put(note, Readable.from([Buffer.from('{}')]))
    expect((await runHere(args, { home: stage.home })).stderr).toMatch(/\[BACKUP_NOT_FOUND\]/)
    expect(readdirSync(homeAt(stage.home).backups).toSorted()).toEqual(
      [made.name, `${made.name}.json`].toSorted(),
    )
  })

  test('are not replaced by an older one in silence, and an empty prefix is named', async () => {
    await using stage = await aStage()
    await sealAndSend(stage)
    const made: string[] = []
    for (let at = 0; at < 2; at += 1) {
      await stage.write()
      const { name } = await stage.make()
      made.push(name)
      await until('it is there', async () => (await namesThere(stage)).includes(name))
      await new Promise((resolve) => setTimeout(resolve, 1_100))
    }
    const bucket = bucketOf(stage)
    const sealed = (await bucket.list())
      .map(({ name }) => name)
      .filter((name) => name.endsWith('.age'))
    const file = sealed.at(-1) ?? ''
    const content = await buffer(await bucket.get(file))
    await stage.daemon.daemon.stop()
    const restore = (place: string) =>
      runHere(['restore', place, '--identity', stage.key, '--yes'], { home: stage.home })
    const changed = Buffer.from(content)
    changed[changed.length - 5] = (changed.at(-5) ?? 0) ^ 1
    for (const bytes of [content.subarray(0, -100), changed]) {
      await bucket.put(file, Readable.from([bytes]))
      const run = await restore(stage.place)
      expect(run.stderr).toMatch(new RegExp(`${made[1]}[^]*\\[BACKUP_DAMAGED\\]`, 'u'))
      expect(run.stderr).toMatch(new RegExp(`spl restore 's3://backups/home/${made[0]}\\?`, 'u'))
    }
    await bucket.remove(`${file}.note`)
    const run = await restore(stage.place)
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('1 newer file in s3://')])
    const listed = await runHere(['backup', 'list', '--from', stage.place], { home: stage.home })
    expect(plain(listed.stderr)).toContain('1 file there cannot be taken')
    const nope = (made[0] ?? '').replace(/-[0-9a-f]+\.db$/u, '-00000000.db')
    const none = await restore(stage.place.replace('/home', `/home/${nope}`))
    expect(none.stderr).toContain(`spl backup list --from '${stage.place}'`)
    const empty = await restore(stage.place.replace('home', 'empty'))
    expect(empty.stderr).toMatch(
      /no backup of this home in s3:\/\/backups\/empty.*BACKUP_NOT_FOUND/u,
    )
    expect(empty.stderr).not.toContain('backup create')
  })

  test('do not open with another identity', async () => {
    await using stage = await aStage()
    await stage.write()
    await sealAndSend(stage)
    const made = await stage.make()
    await until('it is there', async () => (await namesThere(stage)).includes(made.name))
    writeFileSync(stage.key, identityFileText(await makeAgePair(), new Date()))
    const args = ['backup', 'fetch', '--from', stage.place, '--identity', stage.key]
    expect((await runHere(args, { home: stage.home })).stderr).toMatch(/\[AGE_IDENTITY_WRONG\]/)
  })
})

describe('the settings of backups elsewhere', () => {
  test('take places and recipients alone, and never a secret', async () => {
    await using stage = await aStage()
    const home = { home: stage.home }
    for (const value of ['http://x', 's3://', 's3://k:s@bucket/x', 7, 's3://'.padEnd(600, 'x')]) {
      expect((await stage.set('backup_to', value)).status).toBe(400)
    }
    for (const value of [['age1'], ['AGE-SECRET-KEY-1XXXX'], 'age1', [7]]) {
      expect((await stage.set('backup_recipients', value)).status).toBe(400)
    }
    const secret = await runHere(['config', 'set', 'backup_to', 's3://k:hush@bucket/x'], home)
    expect(secret.code).not.toBe(0)
    expect(secret.stderr).toContain('[S3_ADDRESS_INVALID]')
    expect(secret.stderr).not.toContain('hush')
    expect((await runHere(['config', 'set', 'backup_to', 'none'], home)).code).toBe(0)
  })

  test('are filled by keygen, which shows the recipient alone', async () => {
    using home = aHome()
    mkdirSync(join(home.path, 'h'), { mode: 0o700 })
    const key = join(home.path, 'key.txt')
    const run = await runHere(['backup', 'keygen', '-o', key, '--json'], {
      home: join(home.path, 'h'),
    })
    expect(JSON.parse(run.stdout)).toEqual({
      object: 'backup_key',
      recipient: expect.stringMatching(/^age1[a-z0-9]{58}$/),
      file: key,
    })
    expect(run.stdout + run.stderr).not.toContain('SECRET')
    expect((await runHere(['backup', 'keygen', '-o', key], { home: home.path })).stderr).toContain(
      '[OUT_EXISTS]',
    )
  })
})
