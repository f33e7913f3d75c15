import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Checkpoint } from '../../../local-daemon/cli/transfer/checkpoint.ts'
import { readChunks } from '../../../local-daemon/cli/transfer/read-chunks.ts'
import { type FilePlace, readSteps } from '../../../local-daemon/cli/transfer/read-steps.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { aDaemon, aDraft, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'

/** Records, in parts of some 64 KiB. */
const RECORDS = 1_500

let from: TestDaemon
let source: Buffer
beforeAll(async () => {
  from = await aDaemon()
  const draft = (n: number) => aDraft({ body: { n, text: 'x'.repeat(200) } })
  await Promise.all(Array.from({ length: RECORDS }, (_, n) => from.daemon.store.append(draft(n))))
  using folder = aHome()
  const file = join(folder.path, 'records')
  await runHere(['export', '-o', file], { home: from.daemon.home.root })
  source = readFileSync(file)
})
afterAll(() => from[Symbol.asyncDispose]())

let to: TestDaemon
let folder: ReturnType<typeof aHome>
let file: string
beforeEach(async () => {
  to = await aDaemon()
  folder = aHome()
  file = join(folder.path, 'records.ndjson')
  writeFileSync(file, source)
})
afterEach(async () => {
  await to[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const imported = () => runHere(['import', file], { home: to.daemon.home.root })
const imports = () => join(to.daemon.home.root, 'imports')

/** What a call has left that checked the whole file, and was killed when the daemon had told of `parts` of its parts. */
async function interruptedAfter(parts: number): Promise<void> {
  const handle = await open(file)
  const places: FilePlace[] = []
  let records = 0
  let firstLine: Uint8Array = new Uint8Array(0)
  for await (const step of readSteps(readChunks(handle))) {
    if (step.kind === 'header') {
      const { header, end } = step
      firstLine = step.raw
      places.push({ header, cursor: header.since, line: 1, end, isWhole: false })
    } else if (step.kind === 'part') {
      const { header } = places[0] as FilePlace
      const { part, line, end } = step
      places.push({ header, cursor: part.next_cursor, line, end, isWhole: !part.has_more })
      if (places.length <= parts + 1) records += step.part.records
    }
  }
  await handle.close()
  const [place, before, last] = [places[parts], places[parts - 1], places.at(-1)]
  if (place === undefined || before === undefined || last === undefined) throw new Error('too few')
  new Checkpoint(to.daemon.home, firstLine, to.daemon.home.socket).write({
    checked: last,
    sha256: createHash('sha256').update(source.subarray(0, last.end)).digest('hex'),
    records: RECORDS,
    namespaces: ['default'],
    sent: { place, before, counts: { accepted: records, duplicate: 0, rejected: 0, redacted: 0 } },
  })
}

/** Sends as many parts as an interrupted call had. */
async function sendParts(parts: number): Promise<void> {
  const lines = source.toString().split('\n')
  const ends = lines.flatMap((line, n) => (line.startsWith('{"object":"export_part"') ? [n] : []))
  const cut = join(folder.path, 'cut')
  writeFileSync(cut, `${lines.slice(0, (ends[parts - 1] ?? 0) + 1).join('\n')}\n`)
  await runHere(['import', cut, '--partial'], { home: to.daemon.home.root })
}

describe('an import that was interrupted', () => {
  test('goes on where the daemon has everything, and counts all of it', async () => {
    await sendParts(3)
    await interruptedAfter(3)
    const { code, stderr } = await imported()
    expect(stderr).toMatch(/going on after line \d{3,}, where an earlier call stopped/u)
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(`${RECORDS} accepted, 0 there already`),
    ])
    expect(to.daemon.store.head()).toBe(from.daemon.store.head())
    expect(readdirSync(imports())).toEqual([])
  })

  test('begins anew where the daemon has lost what it was given', async () => {
    await interruptedAfter(3)
    const { code, stderr } = await imported()
    expect(stderr).not.toContain('going on')
    expect([code, stderr]).toEqual([0, expect.stringContaining('accepted')])
    // Each record is there once, whichever of them showed the loss.
    expect(to.daemon.store.head()).toBe(from.daemon.store.head())
  })

  test('begins anew for a file that has changed, and finds what has', async () => {
    await sendParts(3)
    await interruptedAfter(3)
    const changed = Buffer.from(source)
    const at = changed.indexOf('"n":3,')
    changed.write('"n":4,', at)
    writeFileSync(file, changed)
    const { code, stderr } = await imported()
    expect(stderr).not.toContain('going on')
    expect([code, stderr]).toEqual([1, expect.stringContaining('[FILE_CHANGED]')])
  })

  test('begins anew for a file that has become shorter', async () => {
    await sendParts(3)
    await interruptedAfter(3)
    writeFileSync(file, source.subarray(0, source.length - 100))
    const { code, stderr } = await imported()
    expect([code, stderr]).toEqual([1, expect.stringContaining('[FILE_CUT]')])
  })

  test('does not take what it knows of one daemon for another', async () => {
    await interruptedAfter(3)
    await using other = await aDaemon()
    const { code, stderr } = await runHere(['import', file], {
      home: to.daemon.home.root,
      env: { SPL_SERVE_URL: other.base, SPL_TOKEN: other.bearer },
    })
    expect([code, stderr]).toEqual([0, expect.stringContaining(`${RECORDS} accepted`)])
    expect(stderr).not.toContain('going on')
  })

  test('needs no place to remember: a home that cannot be written is no obstacle', async () => {
    writeFileSync(imports(), 'in the way')
    const { code } = await imported()
    expect(code).toBe(0)
    expect(existsSync(imports())).toBe(true)
  })
})
