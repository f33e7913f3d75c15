import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { directoryPlace } from '../../../local-daemon/backup/place/directory-place.ts'
import { makeWorkDirectory } from '../../../local-daemon/backup/place/work-directory.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

const modeOf = (path: string): number => statSync(path).mode & 0o777

describe('a directory of backups', () => {
  test('gives back what was put in, lists it by name, and forgets what is removed', async () => {
    using home = aHome()
    const place = directoryPlace(join(home.path, 'backups'))
    expect(await place.list()).toEqual([])
    await place.put('b.db', Readable.from(['one', 'two']))
    await place.put('a.db', Readable.from(['first']))
    await place.put('a.db', Readable.from(['second']))
    expect(await text(await place.get('a.db'))).toBe('second')
    expect((await place.list()).map(({ name, bytes }) => [name, bytes])).toEqual([
      ['a.db', 6],
      ['b.db', 6],
    ])
    await place.remove('b.db')
    await place.remove('b.db')
    await expect(place.get('b.db')).rejects.toThrow(/ENOENT/)
    expect((await place.list()).map(({ name }) => name)).toEqual(['a.db'])
  })

  test('is for this user only', async () => {
    using home = aHome()
    const directory = join(home.path, 'backups')
    const place = directoryPlace(directory)
    await place.put('a.db', Readable.from(['x']))
    expect([modeOf(directory), modeOf(join(directory, 'a.db'))]).toEqual([0o700, 0o600])
  })

  test('keeps what it had if the new content breaks off, and leaves nothing of that', async () => {
    using home = aHome()
    const place = directoryPlace(home.path)
    await place.put('a.db', Readable.from(['whole']))
    const cut = Readable.from(
      (function* cutOff() {
        yield 'ha'
        throw new Error('cut')
      })(),
    )
    await expect(place.put('a.db', cut)).rejects.toThrow('cut')
    expect(await text(await place.get('a.db'))).toBe('whole')
    expect(readdirSync(home.path)).toEqual(['a.db'])
  })

  test('takes a file in without reading it', async () => {
    using home = aHome()
    const place = directoryPlace(join(home.path, 'backups'))
    const file = join(home.path, 'made')
    writeFileSync(file, 'made', { mode: 0o600 })
    await place.take?.('a.db', file)
    expect(existsSync(file)).toBe(false)
    expect(await text(await place.get('a.db'))).toBe('made')
  })

  test.each(['../a.db', '/etc/passwd', '.part-0', '', 'a/b', 'a\0b', 'x'.repeat(201)])(
    'is never left by a name: %j',
    async (name) => {
      using home = aHome()
      const place = directoryPlace(join(home.path, 'backups'))
      await expect(place.put(name, Readable.from(['x']))).rejects.toThrow('is no name')
      await expect(place.get(name)).rejects.toThrow('is no name')
      await expect(place.remove(name)).rejects.toThrow('is no name')
      expect(existsSync(join(home.path, 'a.db'))).toBe(false)
    },
  )

  test('does not show what is unfinished, and removes what a killed process left a day ago', async () => {
    using home = aHome()
    const place = directoryPlace(home.path)
    const [old, fresh] = [join(home.path, '.part-old'), join(home.path, '.part-fresh')]
    for (const file of [old, fresh]) writeFileSync(file, 'x')
    const before = Date.now() / 1000 - 25 * 3600
    utimesSync(old, before, before)
    expect(await place.list()).toEqual([])
    expect(readdirSync(home.path)).toEqual(['.part-fresh'])
  })

  test('removes the directory of a killed process at once, and leaves that of one that lives', async () => {
    using home = aHome()
    await using lives = await makeWorkDirectory(home.path)
    const killed = join(home.path, '.part-killed')
    mkdirSync(killed)
    writeFileSync(join(killed, 'copy.db'), 'as large as a store')
    const before = Date.now() / 1000 - 3_600
    for (const path of [lives.path, killed]) utimesSync(path, before, before)
    expect(await directoryPlace(home.path).list()).toEqual([])
    expect(readdirSync(home.path)).toEqual([basename(lives.path)])
  })

  test.skipIf(process.getuid?.() === 0)('tells why it cannot be read', async () => {
    using home = aHome()
    chmodSync(home.path, 0o000)
    await expect(directoryPlace(home.path).list()).rejects.toThrow(/EACCES/)
    chmodSync(home.path, 0o700)
  })
})
