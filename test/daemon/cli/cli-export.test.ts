import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { runSpl } from '../../support/cli/run-spl.ts'
import { aDaemon, aDraft, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { canMount } from '../../support/daemon/small-disk.ts'
import { readExport } from '../../support/records/read-export.ts'

const RECORDS = 700
let at: TestDaemon
let ids: readonly string[]
beforeAll(async () => {
  at = await aDaemon()
  ids = await append(RECORDS)
})
afterAll(() => at[Symbol.asyncDispose]())

let folder: ReturnType<typeof aHome>
let file: string
beforeEach(() => {
  folder = aHome()
  file = join(folder.path, 'records.ndjson')
})
afterEach(() => folder[Symbol.dispose]())

async function append(count: number, thread?: string): Promise<string[]> {
  const draft = (n: number) => aDraft({ thread: thread ?? `th_${n % 7}`, body: { n } })
  const appended = Array.from({ length: count }, (_, n) => at.daemon.store.append(draft(n)))
  return (await Promise.all(appended)).map(({ record }) => record.id)
}

const spl = (...args: string[]) => runHere(args, { home: at.daemon.home.root })

function cutLastLine(path: string): void {
  const lines = readFileSync(path, 'utf8').split('\n')
  writeFileSync(path, `${lines.slice(0, -2).join('\n')}\n`)
}

describe('spl export', () => {
  test('writes a whole file that only its owner reads, and leaves nothing beside it', async () => {
    const { code, stdout, stderr } = await spl('export', '-o', file)
    expect([code, stdout]).toEqual([0, ''])
    expect(stderr).toContain(`${RECORDS} records`)
    const found = await readExport(readFileSync(file))
    expect(found.faults).toEqual([])
    expect(found.ids).toEqual(ids)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder.path)).toEqual(['records.ndjson'])
  })

  test('says with --json what is in it, and where to go on', async () => {
    const { stdout } = await spl('export', '-o', file, '--json')
    const told = JSON.parse(stdout) as Record<string, unknown>
    expect(told).toMatchObject({
      object: 'export',
      path: file,
      records: RECORDS,
      bytes: statSync(file).size,
      exporter: at.daemon.identity.did,
      query: { own_threads: false },
    })
    const news = await append(2, 'th_news')
    const later = join(folder.path, 'later')
    const since = await spl('export', '--since', String(told['next_cursor']), '-o', later)
    expect(since.code).toBe(0)
    expect((await readExport(readFileSync(later))).ids).toEqual(news)
    ids = [...ids, ...news]
  })

  test('takes one thread, also by the beginning of its id', async () => {
    const { code } = await spl('export', '--thread', 'th_news', '-o', file)
    expect(code).toBe(0)
    expect((await readExport(readFileSync(file))).ids).toHaveLength(2)
  })

  test('takes one namespace with those below it, and nothing else', async () => {
    for (const name of ['team', 'team/ops', 'other']) {
      const made = await spl('namespace', 'create', name)
      expect(made.code).toBe(0)
    }
    const open = async (thread: string, namespace: string) => {
      const { record } = await at.daemon.store.append(aDraft({ thread, body: { namespace } }))
      return record.id
    }
    const mine = [await open('th_of_team', 'team'), await open('th_of_ops', 'team/ops')]
    const other = await open('th_of_other', 'other')
    expect((await spl('export', '--namespace', 'team', '-o', file)).code).toBe(0)
    const found = await readExport(readFileSync(file))
    expect([found.faults, found.ids]).toEqual([[], mine])
    expect(readFileSync(file, 'utf8').split('\n')[0]).toContain('"reach":["team"]')
    ids = [...ids, ...mine, other]
  })

  test('takes the threads of the daemon itself with --all alone', async () => {
    await spl('export', '-o', file)
    expect(readFileSync(file, 'utf8')).not.toContain('th_service_accounts')
    await spl('export', '--all', '--force', '-o', file)
    expect(readFileSync(file, 'utf8')).toContain('th_service_accounts')
    expect((await readExport(readFileSync(file))).faults).toEqual([])
  })

  test('replaces no file, unless it is told to', async () => {
    writeFileSync(file, 'mine')
    const { code, stderr } = await spl('export', '-o', file)
    expect([code, stderr]).toEqual([2, expect.stringContaining('[OUT_EXISTS]')])
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expect((await spl('export', '-o', file, '--force')).code).toBe(0)
    expect((await readExport(readFileSync(file))).ids).toEqual(ids)
  })

  test('follows no link that somebody planted for its unfinished file', async () => {
    const victim = join(folder.path, 'victim')
    writeFileSync(victim, 'precious')
    symlinkSync(victim, `${file}.part`)
    expect((await spl('export', '-o', file)).stderr).toContain('[OUT_NOT_WRITABLE]')
    expect(readFileSync(victim, 'utf8')).toBe('precious')
  })

  test('goes on where an earlier call was interrupted, wherever that was', async () => {
    await spl('export', '-o', file)
    const whole = readFileSync(file)
    for (let length = 0; length <= whole.length; length += 9_973) {
      const one = join(folder.path, `cut-${length}`)
      writeFileSync(`${one}.part`, whole.subarray(0, length))
      const { code } = await spl('export', '-o', one)
      expect(code).toBe(0)
      const found = await readExport(readFileSync(one))
      expect([found.faults, found.ids]).toEqual([[], ids])
      expect(existsSync(`${one}.part`)).toBe(false)
    }
  })

  test('whose earlier call lacked only the name begins anew', async () => {
    await spl('export', '--thread', 'th_1', '-o', `${file}.part`)
    expect((await spl('export', '-o', file)).code).toBe(0)
    const found = await readExport(readFileSync(file))
    expect([found.faults, found.ids]).toEqual([[], ids])
  })

  test('keeps what an earlier call has, byte for byte', async () => {
    await spl('export', '-o', file)
    const whole = readFileSync(file)
    const lines = whole.toString().split('\n')
    const cut = lines.findIndex((line) => line.startsWith('{"object":"export_part"')) + 1
    const kept = lines.slice(0, cut).map((line) => `${line}\n`)
    writeFileSync(`${file}.part`, `${kept.join('')}{"id":"torn`)
    const { stderr } = await spl('export', '-o', file, '--force')
    expect(stderr).toContain(`going on after the ${cut - 2} records`)
    expect(readFileSync(file, 'utf8').startsWith(kept.join(''))).toBe(true)
  })

  test('begins anew where what is left is not of this export', async () => {
    await using other = await aDaemon()
    const where = { home: other.daemon.home.root }
    for (let n = 0; n < 3; n += 1) await other.daemon.store.append(aDraft())
    await runHere(['export', '-o', `${file}.part`], where)
    cutLastLine(`${file}.part`)
    const { code, stderr } = await spl('export', '-o', file)
    expect([code, stderr]).toEqual([0, expect.stringContaining('beginning anew')])
    expect((await readExport(readFileSync(file))).ids).toEqual(ids)
    // Of the same daemon, and of one thread alone.
    await spl('export', '--thread', 'th_1', '-o', join(folder.path, 'two.part'))
    cutLastLine(join(folder.path, 'two.part'))
    await spl('export', '-o', join(folder.path, 'two'))
    expect((await readExport(readFileSync(join(folder.path, 'two')))).ids).toEqual(ids)
  })

  test('works through the port, with a token that may read records', async () => {
    const env = { SPL_SERVE_URL: at.base, SPL_TOKEN: await at.tokenWith('records:read') }
    using elsewhere = aHome()
    const { code } = await runHere(['export', '-o', file], { home: elsewhere.path, env })
    expect(code).toBe(0)
    expect((await readExport(readFileSync(file))).ids).toEqual(ids)
    const writer = { ...env, SPL_TOKEN: await at.tokenWith('records:write') }
    const refused = await runHere(['export', '--force', '-o', file], {
      home: elsewhere.path,
      env: writer,
    })
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('SCOPE')])
  })

  test('writes the same to a pipe', async () => {
    const { code, stdout } = await runSpl(['export'], { home: at.daemon.home.root })
    expect(code).toBe(0)
    expect((await readExport(stdout)).ids).toEqual(ids)
  })

  test('needs a file beside --json', async () => {
    const { code, stderr } = await spl('export', '--json')
    expect([code, stderr]).toEqual([2, expect.stringContaining('[EXPORT_NEEDS_OUTPUT]')])
  })

  test('says where nothing can be written', async () => {
    const { code, stderr } = await spl('export', '-o', join(folder.path, 'no', 'where'))
    expect([code, stderr]).toEqual([1, expect.stringContaining('[OUT_NOT_WRITABLE]')])
  })

  test.runIf(canMount())('on a full disk keeps what fits, and goes on with room', async () => {
    const small = join(folder.path, 'small')
    mkdirSync(small)
    const mount = (options: string) =>
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', small])
    mount('size=240k')
    try {
      const out = join(small, 'records.ndjson')
      const { code, stderr } = await spl('export', '-o', out)
      expect([code, stderr]).toEqual([1, expect.stringContaining('ENOSPC')])
      expect(stderr).toContain('make room and run the same command again')
      expect(existsSync(out)).toBe(false)
      mount('remount,size=16m')
      const again = await spl('export', '-o', out)
      expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('going on after')])
      expect((await readExport(readFileSync(out))).ids).toEqual(ids)
    } finally {
      execFileSync('umount', ['-l', small])
    }
  })
})
