import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import { ExportReader, type ExportFault } from '../../../protocol/records/export-reader.ts'
import { anIdentity } from '../../support/test-identity.ts'
import { anExport, aRecordLine } from '../../support/records/an-export.ts'
import { readExport } from '../../support/records/read-export.ts'

async function firstFault(lines: readonly string[]): Promise<Partial<ExportFault> | undefined> {
  const [fault] = (await readExport(lines.join(''))).faults
  return fault && { code: fault.code, line: fault.line }
}

const me = anIdentity()
/** Header, two records, part, three records, part, one record, part. */
const lines = await anExport({ signer: me })
const bytes = Buffer.from(lines.join(''))
const aRecord = await aRecordLine(1)

describe('an export', () => {
  test('that is whole has no fault', async () => {
    const { faults, ids } = await readExport(bytes)
    expect([faults, ids.length]).toEqual([[], 6])
  })

  test('of nothing is whole too', async () => {
    const { faults, parts } = await readExport((await anExport({ parts: [0] })).join(''))
    expect([faults, parts.length]).toEqual([[], 1])
  })

  test('that is cut is never whole, wherever it is cut', async () => {
    for (let length = 0; length < bytes.length; length += 1) {
      const { faults } = await readExport(bytes.subarray(0, length))
      expect(faults.length, `cut to ${length} bytes`).toBeGreaterThan(0)
    }
  })

  test('that was cut at the end of a line is called cut', async () => {
    for (let count = 1; count < lines.length; count += 1) {
      expect(await firstFault(lines.slice(0, count))).toEqual({ code: 'CUT', line: count })
    }
  })

  test('with one flipped bit is never whole, whichever it is', async () => {
    for (let at = 0; at < bytes.length; at += 1) {
      const spoiled = Buffer.from(bytes)
      spoiled.writeUInt8(spoiled.readUInt8(at) ^ (1 << (at % 8)), at)
      const { faults } = await readExport(spoiled)
      expect(faults.length, `bit ${at % 8} of byte ${at}`).toBeGreaterThan(0)
    }
  })

  test('with two lines in another order is not what was exported', async () => {
    expect(await firstFault(lines.with(1, lines[2] ?? '').with(2, lines[1] ?? ''))).toEqual({
      code: 'CHANGED',
      line: 4,
    })
  })

  test('without a line, or with one more, is not what was exported', async () => {
    expect(await firstFault(lines.toSpliced(1, 1))).toEqual({ code: 'CHANGED', line: 3 })
    const more = lines.toSpliced(1, 0, await aRecordLine(99, me))
    expect(await firstFault(more)).toEqual({ code: 'CHANGED', line: 5 })
  })

  test('without a part, or with parts in another order, has a gap', async () => {
    expect(await firstFault(lines.toSpliced(4, 4))).toEqual({ code: 'GAP', line: 6 })
    expect(await firstFault(lines.toSpliced(1, 3))).toEqual({ code: 'GAP', line: 5 })
    const swapped = [...lines.slice(0, 1), ...lines.slice(4, 8), ...lines.slice(1, 4)]
    expect(await firstFault([...swapped, ...lines.slice(8)])).toEqual({ code: 'GAP', line: 5 })
  })

  test('with another one behind it are two files', async () => {
    const other = await anExport({ signer: me, from: 6 })
    expect(await firstFault([...lines, ...other])).toEqual({ code: 'JOINED', line: 11 })
    // Also where the first was cut before.
    expect(await firstFault([...lines.slice(0, 4), ...other])).toEqual({ code: 'JOINED', line: 5 })
    expect(await firstFault([...lines, ...lines.slice(1)])).toEqual({ code: 'JOINED', line: 11 })
  })

  test('with a part of another export, also of the same exporter, is found', async () => {
    const other = await anExport({ signer: me, query: { thread: 'th_1' } })
    expect(await firstFault([...lines.slice(0, 8), ...other.slice(8)])).toEqual({
      code: 'FOREIGN',
      line: 10,
    })
    const elsewhere = await anExport()
    expect(await firstFault([...lines.slice(0, 8), ...elsewhere.slice(8)])).toMatchObject({
      code: 'FOREIGN',
    })
  })

  test('that names another exporter than the one who signed is found', async () => {
    expect(await firstFault(await anExport({ exporter: anIdentity() }))).toEqual({
      code: 'FOREIGN',
      line: 4,
    })
  })

  test('goes on at the end of a part', async () => {
    const { since } = JSON.parse(lines[0] ?? '') as { since: string }
    const header = { exporter: me.did, query: {}, since }
    const part = JSON.parse(lines[3] ?? '') as { next_cursor: string }
    const reader = new ExportReader({ header, cursor: part.next_cursor, line: 4, isWhole: false })
    for (const line of lines.slice(4)) {
      const step = await reader.line(Buffer.from(line.slice(0, -1)))
      expect(step).toSatisfy((one: typeof step) => one === undefined || one.kind === 'part')
    }
    expect(reader.end(false)).toBeUndefined()
    const end = new ExportReader({ header, cursor: '', line: 10, isWhole: true })
    expect(end.end(false)).toBeUndefined()
  })
})

describe('what is no export', () => {
  test.for<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'hello\n'],
    ['a record alone', aRecord],
    ['an object of another kind', '{"object":"list","data":[]}\n'],
    [
      'an exporter that is no key',
      '{"object":"export","version":2,"exporter":"me","query":{},"since":""}\n',
    ],
  ])('is called so: %s', async ([, text]) => {
    expect((await readExport(text)).faults).toMatchObject([{ code: 'NOT_EXPORT' }])
  })

  test.each([1, 3])('is told from an export of another version: %i', async (version) => {
    const other = lines.with(0, (lines[0] ?? '').replace('"version":2', `"version":${version}`))
    expect(await firstFault(other)).toEqual({ code: 'VERSION', line: 1 })
  })

  test('costs a reader no more memory than a part may have', async () => {
    const reader = new ExportReader()
    await reader.line(Buffer.from((lines[0] ?? '').trimEnd()))
    let steps: unknown
    let count = 0
    while (steps === undefined && count <= LIMITS.exportPartRecords + 1) {
      steps = await reader.line(Buffer.from('{"id":1}'))
      count += 1
    }
    expect(count).toBe(LIMITS.exportPartRecords + 1)
    expect(steps).toMatchObject({ kind: 'end', fault: { code: 'TOO_LARGE' } })
    const large = new ExportReader()
    await large.line(Buffer.from((lines[0] ?? '').trimEnd()))
    const line = new Uint8Array(LIMITS.exportLineBytes)
    const read = [1, 2, 3, 4].map(() => large.line(line))
    expect(read.slice(0, 3)).toEqual([undefined, undefined, undefined])
    expect(read[3]).toMatchObject({ fault: { code: 'TOO_LARGE' } })
  })
})
