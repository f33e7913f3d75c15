import { execFile, execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { explainStart } from '../../../local-daemon/explain-start.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import type { StartError } from '../../../local-daemon/problem/start-error.ts'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import { aDraft, aHome } from '../../support/daemon/a-daemon.ts'

const logger = pino({ level: 'silent' })
const start = (home: string, store?: string) =>
  startDaemon({ home, port: 0, logger, ...(store && { store }) })
const isRoot = process.getuid?.() === 0
const isLinux = process.platform === 'linux'
const SERVE_HOME = fileURLToPath(new URL('../../support/daemon/serve-home.ts', import.meta.url))

/** What a shell line says that starts the daemon of a home, at most for a few seconds. */
function told(script: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', script], { timeout: 60_000 }, (_error, stdout) => resolve(stdout.trim()))
  })
}
const daemonOf = (home: string) => `timeout 8 '${process.execPath}' '${SERVE_HOME}' '${home}'`

describe('a home', () => {
  it('of another user is refused, for root too', async () => {
    using home = aHome()
    if (isRoot) chownSync(home.path, 65_534, 65_534)
    await expect(start(isRoot ? home.path : '/')).rejects.toMatchObject({
      code: 'HOME_NOT_OURS',
      try: expect.stringMatching(/sudo -u '#\d+' …/),
    })
  })

  it('that is a file is explained', async () => {
    using home = aHome()
    const path = join(home.path, 'file')
    writeFileSync(path, '')
    await expect(start(path)).rejects.toMatchObject({
      code: 'HOME_NOT_WRITABLE',
      try: expect.stringContaining('SYNCROPEL_HOME'),
    })
  })

  it.runIf(isLinux)('on a full disk is explained, and nothing is left running', async () => {
    using home = aHome()
    const { run, pidFile } = homeAt(home.path)
    mkdirSync(run, { mode: 0o700 })
    // Where the pid file is written before it gets its name.
    const full = `${pidFile}.${process.pid}`
    symlinkSync('/dev/full', full)
    await expect(start(home.path)).rejects.toMatchObject({
      code: 'DISK_FULL',
      try: expect.stringContaining('df -h'),
    })
    unlinkSync(full)
    await (await start(home.path)).stop()
  })
})

describe('a store', () => {
  it.runIf(isLinux)('that may not be written is explained', async () => {
    using home = aHome()
    const store = join(home.path, 'other.db')
    // Not even root may write to it.
    symlinkSync('/sys/kernel/uevent_seqnum', store)
    await expect(start(home.path, store)).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:STORE_NOT_WRITABLE|HOME_NOT_WRITABLE)$/),
      try: expect.stringContaining('ls -l'),
    })
  })

  it.runIf(!isRoot)('that is read-only is explained', async () => {
    using home = aHome()
    await (await start(home.path)).stop()
    chmodSync(homeAt(home.path).database, 0o400)
    await expect(start(home.path)).rejects.toMatchObject({ code: 'STORE_NOT_WRITABLE' })
  })

  it('that is no database says so, and stays', async () => {
    using home = aHome()
    await (await start(home.path)).stop()
    writeFileSync(
      homeAt(home.path).database,
      'notes of mine, and long enough to look at'.repeat(50),
    )
    await expect(start(home.path)).rejects.toMatchObject({
      code: 'STORE_UNREADABLE',
      message: expect.stringContaining('not a database of SQLite'),
      try: expect.stringContaining('--store'),
    })
  })

  it('that another program has locked is explained', { timeout: 40_000 }, async () => {
    using home = aHome()
    await (await start(home.path)).stop()
    const other = new Database(homeAt(home.path).database)
    other.pragma('locking_mode = EXCLUSIVE')
    other.exec('BEGIN EXCLUSIVE')
    await expect(start(home.path)).rejects.toMatchObject({
      code: 'STORE_BUSY',
      try: expect.stringContaining('fuser'),
    })
    other.close()
    await (await start(home.path)).stop()
  })

  it('behind a link is one store, also where the link led nowhere at the first start', async () => {
    using home = aHome()
    using other = aHome()
    const file = join(other.path, 'elsewhere.db')
    symlinkSync(file, homeAt(home.path).database)
    const daemon = await start(home.path)
    const wal = () => existsSync(`${file}-wal`)
    expect([wal(), existsSync(`${homeAt(home.path).database}.lock`)]).toEqual([true, false])
    await expect(start(other.path, file)).rejects.toMatchObject({ code: 'STORE_IN_USE' })
    await daemon.stop()
    expect(wal()).toBe(false)
    const again = await start(home.path)
    // The link leads somewhere else now: what is written goes where nobody finds it again.
    unlinkSync(homeAt(home.path).database)
    writeFileSync(join(other.path, 'third.db'), '')
    symlinkSync(join(other.path, 'third.db'), homeAt(home.path).database)
    await expect(again.store.append(aDraft())).rejects.toMatchObject({ code: 'STORE_REPLACED' })
    await again.stop()
  })

  it('that has a second name opens under neither, until it is a file of its own', async () => {
    using home = aHome()
    using other = aHome()
    await (await start(home.path)).stop()
    const [one, two] = [homeAt(home.path).database, join(other.path, 'linked.db')]
    linkSync(one, two)
    const told = { code: 'STORE_HARD_LINKED', message: expect.stringContaining('2 names') }
    await expect(start(home.path)).rejects.toMatchObject(told)
    const refusal = await start(home.path, two).catch((error: unknown) => error)
    expect(refusal).toMatchObject(told)
    const command = /: (cp .*)$/.exec((refusal as StartError).try ?? '')?.[1]
    execFileSync('sh', ['-c', command ?? 'false'])
    await (await start(home.path)).stop()
  })

  it('in a directory that is not there is explained', async () => {
    using home = aHome()
    await expect(start(home.path, join(home.path, 'none', 'x.db'))).rejects.toMatchObject({
      code: 'STORE_DIRECTORY_MISSING',
      try: expect.stringContaining('mkdir'),
    })
    expect(existsSync(homeAt(home.path).pidFile)).toBe(false)
  })
})

describe.runIf(isLinux)('the limit of open files', () => {
  it('is named, wherever the start runs into it', { timeout: 120_000 }, async () => {
    const outcomes: string[] = []
    // Below, Node itself does not start; above, the daemon does.
    for (let limit = 22; limit <= 34; limit += 1) {
      using home = aHome()
      const line = `ulimit -n ${limit}; ${daemonOf(home.path)} 2>/dev/null`
      const code = await told(line)
      outcomes.push(code)
      if (code === 'started') break
    }
    expect(outcomes).toContain('TOO_MANY_FILES')
    const others = outcomes.filter((code) => !['', 'TOO_MANY_FILES', 'started'].includes(code))
    expect(others).toEqual([])
  })
})

/** File systems of their own need root and mount namespaces; what they show is also shown above, one error at a time. */
const mounts = isLinux && isRoot && (await told('unshare -m true && echo yes')) === 'yes'

describe.runIf(mounts)('a file system of its own', () => {
  const within = (home: string, ...lines: string[]) =>
    told(`unshare -m sh -c '${lines.join(' && ').replaceAll("'", `'"'"'`)}'`).then((text) => {
      expect(home).not.toBe('')
      return text
    })

  it.each([40, 100, 200])('that is full after %d KiB is explained', async (size) => {
    using home = aHome()
    const mount = `mount -t tmpfs -o size=${size}k,mode=700 tmpfs '${home.path}'`
    expect(await within(home.path, mount, daemonOf(home.path))).toBe('DISK_FULL')
  })

  it('that is read-only is explained', { timeout: 60_000 }, async () => {
    using home = aHome()
    const mount = `mount -t tmpfs -o mode=700 tmpfs '${home.path}'`
    const first = `{ ${daemonOf(home.path)} >/dev/null; true; }`
    const remount = `mount -o remount,ro '${home.path}'`
    const code = await within(home.path, mount, first, remount, daemonOf(home.path))
    expect(code).toBe('HOME_NOT_WRITABLE')
  })
})

describe('what the system said of a start', () => {
  const home = homeAt('/h')

  it.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['SQLITE_FULL', 'DISK_FULL'],
    ['EACCES', 'HOME_NOT_WRITABLE'],
    ['EPERM', 'HOME_NOT_WRITABLE'],
    ['EROFS', 'HOME_NOT_WRITABLE'],
    ['SQLITE_READONLY_DIRECTORY', 'HOME_NOT_WRITABLE'],
    ['SQLITE_CANTOPEN', 'HOME_NOT_WRITABLE'],
    ['EMFILE', 'TOO_MANY_FILES'],
    ['ENFILE', 'TOO_MANY_FILES'],
  ])('%s becomes %s, with a next step', (code, explained) => {
    const error = Object.assign(new Error('said'), { code, path: '/h/x' })
    expect(explainStart(error, home)).toMatchObject({
      code: explained,
      message: expect.stringContaining('said'),
      try: expect.stringMatching(/\S/),
      cause: error,
    })
  })

  it('stays as it is where it says what to do already, or nothing is known of it', () => {
    const errors = [
      Object.assign(new Error('x'), { code: 'ENOSPC', try: 'this' }),
      Object.assign(new Error('x'), { code: 'EOTHER' }),
      new Error('x'),
      'x',
    ]
    for (const error of errors) expect(explainStart(error, home)).toBe(error)
  })
})
