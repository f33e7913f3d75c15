import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { aDaemon, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { anExport, aRecordLine } from '../../support/records/an-export.ts'
import { anIdentity } from '../../support/test-identity.ts'

const me = anIdentity()
/** Header, two records, part, three records, part, one record, part: line 7 is a record. */
const lines = await anExport({ signer: me })
const whole = Buffer.from(lines.join(''))
const elsewhere = await anExport()
const forged = await anExport({ exporter: anIdentity() })
const oneMore = await aRecordLine(99, me)

let to: TestDaemon
beforeAll(async () => {
  to = await aDaemon()
})
afterAll(() => to[Symbol.asyncDispose]())

let folder: ReturnType<typeof aHome>
let file: string
beforeEach(() => {
  folder = aHome()
  file = join(folder.path, 'records.ndjson')
})
afterEach(() => folder[Symbol.dispose]())

async function imported(content: string | Uint8Array, ...args: string[]) {
  writeFileSync(file, content)
  return runHere(['import', file, ...args], { home: to.daemon.home.root })
}

async function told(content: string | Uint8Array, ...args: string[]) {
  const { code, stdout } = await imported(content, '--json', ...args)
  return { code, told: JSON.parse(stdout) as Told }
}

interface Told {
  readonly whole: boolean
  readonly faults: readonly { readonly code: string; readonly line: number }[]
  readonly rejected_lines: readonly Record<string, unknown>[]
  readonly accepted: number
  readonly rejected: number
  readonly records: number
}

/** Records that the daemon has besides those that it wrote itself. */
const held = () => to.daemon.store.head() - ownRecords
let ownRecords = 0
beforeAll(() => {
  ownRecords = to.daemon.store.head()
})

/** A signature with another byte. */
function withoutProof(line: string): string {
  const record = JSON.parse(line) as { sig: string }
  const sig = Buffer.from(record.sig, 'base64url')
  sig.writeUInt8(sig.readUInt8(3) ^ 1, 3)
  return `${JSON.stringify({ ...record, sig: sig.toString('base64url') })}\n`
}

describe('spl import of a file that is not whole', () => {
  test('sends nothing, wherever it was cut', async () => {
    for (let length = 0; length < whole.length; length += 37) {
      const { code, told: said } = await told(whole.subarray(0, length))
      expect([length, code, said.whole, said.accepted]).toEqual([length, 1, false, 0])
    }
    expect(held()).toBe(0)
  })

  test.each([
    ['FILE_CUT', 9, lines.slice(0, -1)],
    ['FILE_CHANGED', 4, lines.with(1, lines[2] ?? '').with(2, lines[1] ?? '')],
    ['FILE_CHANGED', 3, lines.toSpliced(1, 1)],
    ['FILE_CHANGED', 5, lines.toSpliced(1, 0, oneMore)],
    ['FILE_GAP', 6, lines.toSpliced(4, 4)],
    ['FILE_GAP', 5, lines.toSpliced(1, 3)],
    ['FILE_JOINED', 11, [...lines, ...elsewhere]],
    ['FILE_FOREIGN', 10, [...lines.slice(0, 9), ...elsewhere.slice(9)]],
    ['FILE_FOREIGN', 4, forged],
    ['FILE_NOT_EXPORT', 1, lines.slice(1)],
    ['FILE_NOT_EXPORT', 1, []],
    ['FILE_VERSION', 1, lines.with(0, (lines[0] ?? '').replace('"version":2', '"version":1'))],
  ])('says what it is, and sends nothing: %s in line %i', async (code, line, content) => {
    const said = await told(content.join(''))
    expect(said.told.faults[0]).toMatchObject({ code, line })
    expect([said.code, said.told.accepted, held()]).toEqual([1, 0, 0])
    const { stderr } = await imported(content.join(''))
    expect(stderr).toContain(`[${code}]`)
    expect(stderr).toMatch(/^try: \S/mu)
  })

  test('tells records in another order from records that were changed', async () => {
    const { stderr } = await imported(
      lines
        .with(1, lines[2] ?? '')
        .with(2, lines[1] ?? '')
        .join(''),
    )
    expect(stderr).toContain('in another order')
  })

  test('names the line, the field and what to do: a wrong signature in line 7', async () => {
    const content = lines.with(6, withoutProof(lines[6] ?? '')).join('')
    const { code, stderr } = await imported(content)
    expect(code).toBe(1)
    expect(stderr).toContain('line 7: sig is not the signature of the origin')
    expect(stderr).toContain('[INVALID_RECORD]\n  try: ')
    expect(stderr).toContain('nothing was sent of 6 records')
    expect(held()).toBe(0)
  })

  test('takes what is intact with --partial, and keeps the refused lines in a file', async () => {
    const content = lines.with(6, withoutProof(lines[6] ?? '')).join('')
    const kept = join(folder.path, 'rejected')
    const { code, told: said } = await told(content, '--partial', '--rejected', kept)
    expect([code, said.accepted, said.rejected]).toEqual([1, 5, 1])
    expect(said.rejected_lines).toMatchObject([{ line: 7, code: 'INVALID_RECORD', field: 'sig' }])
    const rows = readFileSync(kept, 'utf8').trimEnd().split('\n')
    expect(rows).toHaveLength(1)
    expect(JSON.parse(rows[0] ?? '')).toMatchObject({
      line: 7,
      text: withoutProof(lines[6] ?? '').trimEnd(),
    })
    expect(statSync(kept).mode & 0o777).toBe(0o600)
    // The sound file brings the one that is missing.
    expect((await told(whole)).told).toMatchObject({ accepted: 1, whole: true })
  })

  test('of a cut file takes the records after its last part too, with --partial', async () => {
    const other = await anExport({ from: 100 })
    const { told: said } = await told(other.slice(0, 7).join(''), '--partial')
    expect(said).toMatchObject({ accepted: 5, rejected: 0, whole: false })
  })

  test('holds no more than a part of a line of 100 MB, and names it', async () => {
    const long = `{"id":"${'x'.repeat(100 * 1024 * 1024)}"}\n`
    const before = process.memoryUsage().rss
    const content = Buffer.concat([
      Buffer.from(lines.slice(0, 2).join('')),
      Buffer.from(long),
      Buffer.from(lines.slice(2).join('')),
    ])
    writeFileSync(file, content)
    const { code, stderr } = await runHere(['import', file], { home: to.daemon.home.root })
    expect(code).toBe(1)
    expect(stderr).toContain('line 3: is longer than 2097152 bytes [LINE_TOO_LONG]')
    expect(stderr).toContain('[FILE_CHANGED]')
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024)
  })

  test('says each reason once, twenty at most, and counts the lines', async () => {
    const many = await anExport({ parts: [50] })
    const spoiled = many.map((line, n) => (n === 0 || n === 51 ? line : withoutProof(line)))
    const { stderr } = await imported(spoiled.join(''))
    expect(stderr.match(/\[INVALID_RECORD\]/gu)).toHaveLength(1)
    expect(stderr).toContain('line 2 and 49 more: ')
    const different = many.map((line, n) =>
      n === 0 || n === 51 ? line : line.replace('"body":{', `"x${n}":1,"body":{`),
    )
    const told = await imported(different.join(''))
    expect(told.stderr.match(/\[INVALID_RECORD\]/gu)).toHaveLength(20)
    expect(told.stderr).toContain('and 30 more lines')
  })
})
