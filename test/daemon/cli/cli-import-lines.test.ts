import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { aDaemon, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { anExport } from '../../support/records/an-export.ts'

let to: TestDaemon
beforeAll(async () => {
  to = await aDaemon()
})
afterAll(() => to[Symbol.asyncDispose]())

let folder: ReturnType<typeof aHome>
let file: string
let kept: string
beforeEach(() => {
  folder = aHome()
  file = join(folder.path, 'records.ndjson')
  kept = join(folder.path, 'kept')
})
afterEach(() => folder[Symbol.dispose]())

const spl = (...args: string[]) => runHere(args, { home: to.daemon.home.root })

function draft(n: number, more: object = {}): string {
  return JSON.stringify({
    thread: 'th_lines',
    actor: 'did:sync:user:ada',
    act: 'KNOW',
    body: { n },
    ...more,
  })
}

async function bodies(): Promise<unknown[]> {
  const { stdout } = await spl('thread', 'records', 'th_lines', '--json')
  return (JSON.parse(stdout) as { data: { body: { n: unknown } }[] }).data.map(({ body }) => body.n)
}

describe('spl import --lines', () => {
  test('takes new records with blank lines, CR LF and a byte order mark, and names the line of each that is refused', async () => {
    writeFileSync(file, `\uFEFF${draft(1)}\r\n\r\n${draft(2)}\n{"thread":"th_lines"}\n${draft(3)}`)
    const { code, stderr } = await spl('import', '--lines', file, '--rejected', kept)
    expect(code).toBe(1)
    expect(stderr).toContain('4 records: 3 accepted, 0 there already, 1 refused')
    expect(stderr).toMatch(/^line 4: .*\[INVALID_RECORD\]/mu)
    expect((JSON.parse(readFileSync(kept, 'utf8')) as { line: number }).line).toBe(4)
    expect(await bodies()).toEqual([1, 2, 3])
  })

  test('says what is wrong once, in words for this command', async () => {
    const lines = [
      '{"actor":"did:sync:user:ada","thread":"th_x"}',
      '{"actor":"did:sync:user:ada"}',
      'no',
    ]
    writeFileSync(file, lines.join('\n'))
    const { code, stderr } = await spl('import', '--lines', file)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^line 1: act is missing \[/mu)
    expect(stderr).toMatch(/^line 2: thread is missing \[/mu)
    expect(stderr).toMatch(/^line 3: The line is not JSON/mu)
    expect(stderr).not.toMatch(/curl|GET |openapi|all others/u)
  })

  test('finds again what names its clock, and what is signed', async () => {
    const [, first = '', second = ''] = await anExport()
    writeFileSync(file, `${draft(1, { clock: 0, thread: 'th_twice' })}\n${first}${second}`)
    expect((await spl('import', '--lines', file)).stderr).toContain('3 records: 3 accepted')
    expect((await spl('import', '--lines', file)).stderr).toContain('0 accepted, 3 there already')
  })

  test('is named by the refusal of a file without a header', async () => {
    writeFileSync(file, draft(1))
    const { code, stderr } = await spl('import', file)
    expect([code, stderr]).toEqual([1, expect.stringContaining('spl import --lines')])
  })
})

describe('spl import --rejected', () => {
  test('never touches a file that is there, not even the export itself', async () => {
    const content = (await anExport()).join('')
    writeFileSync(file, content)
    const { code, stderr } = await spl('import', file, '--rejected', file)
    expect([code, stderr]).toEqual([2, expect.stringContaining('[OUT_EXISTS]')])
    expect(readFileSync(file, 'utf8')).toBe(content)
  })

  test('has what is refused of a file that is not whole, and is not made where nothing is', async () => {
    const lines = await anExport({ from: 500 })
    const bad = (lines[2] ?? '').replace(/"id":"./u, '"id":"0')
    writeFileSync(file, lines.with(2, bad).join(''))
    const { code } = await spl('import', file, '--rejected', kept)
    expect(code).toBe(1)
    expect(readFileSync(kept, 'utf8')).toContain('"line":3')
    const none = `${kept}-none`
    writeFileSync(file, lines.join(''))
    expect((await spl('import', file, '--rejected', none)).code).toBe(0)
    expect(existsSync(none)).toBe(false)
  })
})

describe('a file that was changed on its way', () => {
  test('is whole without its last line feed', async () => {
    const content = (await anExport({ from: 700 })).join('')
    writeFileSync(file, content.trimEnd())
    expect((await spl('import', file)).code).toBe(0)
    writeFileSync(file, content.trimEnd().slice(0, -1))
    expect((await spl('import', file)).stderr).toContain('[FILE_CUT]')
  })

  test.each([
    [
      'compressed',
      (text: string) => Buffer.concat([Buffer.from([0x1f, 0x8b, 8]), Buffer.from(text)]),
      'gunzip',
    ],
    ['marked', (text: string) => Buffer.from(`\uFEFF${text}`), 'byte order mark'],
    [
      'in UTF-16',
      (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]),
      'UTF-16',
    ],
    ['with other line ends', (text: string) => Buffer.from(text.replaceAll('\n', '\r\n')), 'CR LF'],
  ])('says what happened to it: %s', async (_, change, words) => {
    writeFileSync(file, change((await anExport({ from: 900 })).join('')))
    const { code, stderr } = await spl('import', file)
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)])
  })
})

describe('a record that was redacted', () => {
  test('is left out of an import and counted apart, and nothing is wrong then', async () => {
    await spl('know', 'a password', '--thread', 'th_slip')
    const { stdout } = await spl('thread', 'records', 'th_slip', '--json')
    const id = (JSON.parse(stdout) as { data: { id: string }[] }).data[0]?.id ?? ''
    expect((await spl('redact', id, '--reason', 'a slip', '--yes')).code).toBe(0)
    expect((await spl('thread', 'records', 'th_slip')).stdout).toMatch(
      /\(redacted \d{4}-\d\d-\d\d\)/u,
    )
    await spl('export', '--thread', 'th_slip', '-o', file)
    for (const more of [[], ['--dry-run'], ['--partial']]) {
      const { code, stderr } = await spl('import', file, ...more)
      expect([code, stderr]).toEqual([0, expect.stringContaining('1 redacted, left out')])
    }
  })
})

describe('spl export', () => {
  test('refuses a namespace that nobody has made, and names the one that was meant', async () => {
    await spl('namespace', 'create', 'team')
    const { code, stderr } = await spl('export', '--namespace', 'tteam', '-o', file)
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('did you mean team? [NAMESPACE_UNKNOWN]'),
    ])
    expect(existsSync(file)).toBe(false)
    expect((await spl('export', '--namespace', 'team', '-o', file)).code).toBe(0)
  })

  test('names the next export whole, and the missing directory', async () => {
    const said = (await spl('export', '--thread', 'th_lines', '-o', file)).stderr
    expect(said).toMatch(/spl export --thread th_lines --since \S+ -o news\.ndjson/u)
    expect(said).toContain('at the other home: spl import')
    const nowhere = await spl('export', '-o', join(folder.path, 'none', 'x.ndjson'))
    expect(nowhere.stderr).toContain(`there is no directory ${join(folder.path, 'none')}`)
  })
})
