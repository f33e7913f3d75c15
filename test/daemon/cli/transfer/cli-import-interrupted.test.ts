import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDaemon, aHome, type TestDaemon } from '../../../support/daemon/a-daemon.ts'
import { MAIN } from '../../../support/cli/run-spl.ts'

/** Some eight requests of 768 KiB. */
const LINES = 6_000
const isBad = (line: number) => line % 701 === 0

let to: TestDaemon
let folder: ReturnType<typeof aHome>
let file: string
beforeEach(async () => {
  to = await aDaemon()
  folder = aHome()
  file = join(folder.path, 'big.ndjson')
})
afterEach(async () => {
  await to[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** New lines, each of about a KiB, a few of them no JSON. */
function writeLines(withClock: boolean): void {
  const text = 'x'.repeat(1_000)
  const lines = Array.from({ length: LINES }, (_, at) => {
    if (isBad(at + 1)) return `no JSON ${at + 1}`
    const clock = withClock ? { clock: at } : {}
    return JSON.stringify({
      thread: 'th_big',
      actor: 'did:sync:user:a',
      act: 'KNOW',
      ...clock,
      body: { n: at + 1, text },
    })
  })
  writeFileSync(file, `${lines.join('\n')}\n`)
}

/** Runs a line of a shell in which `spl` is ours, asked over TCP, and stops it as it is told to. */
async function shell(line: string, stopped: (pid: number) => Promise<void>, base = to.base) {
  const script = `exec ${line.replace(/spl /u, `'${process.execPath}' '${MAIN}' `)}`
  const words = line.includes(' | ') ? `trap : INT; ${script.replace('exec ', '')}` : script
  const child = spawn('/bin/sh', ['-c', words], {
    cwd: folder.path,
    env: { ...process.env, SYNCROPEL_HOME: folder.path, SPL_SERVE_URL: base, SPL_TOKEN: to.bearer },
    stdio: ['ignore', 'ignore', 'pipe'],
    // As a terminal: Ctrl-C is for all of a pipe.
    detached: true,
  })
  let stderr = ''
  child.stderr.on('data', (data: Buffer) => (stderr += String(data)))
  const closed = once(child, 'close') as Promise<[number | null]>
  await Promise.race([closed, stopped(child.pid ?? 0)])
  const [code] = await closed
  return { code, stderr, next: /^try: (.*)$/mu.exec(stderr)?.[1] ?? '' }
}

/** Ctrl-C once the store has so many records more. */
function interruptAt(more: number) {
  const at = to.daemon.store.head() + more
  return async (pid: number): Promise<void> => {
    while (to.daemon.store.head() < at) await sleep(1)
    try {
      process.kill(-pid, 'SIGINT')
    } catch {
      // It is over.
    }
  }
}

const never = () => new Promise<void>(() => {})

/** The numbers of the records that are there, and the lines that were told as refused. */
async function found() {
  const numbers: number[] = []
  let cursor: string | undefined
  do {
    const query = new URLSearchParams({ limit: '1000', ...(cursor && { cursor }) })
    const answer = await fetch(`${to.base}/v1/threads/th_big/records?${query}`, {
      headers: { authorization: `Bearer ${to.bearer}` },
    })
    const page = (await answer.json()) as {
      data: { body: { n: number } }[]
      next_cursor: string
      has_more: boolean
    }
    numbers.push(...page.data.map(({ body }) => body.n))
    cursor = page.has_more ? page.next_cursor : undefined
  } while (cursor !== undefined)
  const told = globSync('bad*', { cwd: folder.path }).flatMap((name) =>
    readFileSync(join(folder.path, name), 'utf8').trim().split('\n'),
  )
  return {
    numbers: numbers.toSorted((one, other) => one - other),
    told: told.map((line) => (JSON.parse(line) as { line: number }).line).toSorted((a, b) => a - b),
  }
}

const ALL = Array.from({ length: LINES }, (_, at) => at + 1)
const whole = { numbers: ALL.filter((n) => !isBad(n)), told: ALL.filter((n) => isBad(n)) }

describe('an import of lines that is interrupted', () => {
  test.each([
    ['a file of lines without a clock', false, (line: string) => line],
    ['a file of lines with a clock', true, (line: string) => line],
    ['a pipe', false, (line: string) => line.replace(/^<[^>]*>/u, `cat ${file}`)],
  ])(
    'goes on with the command that it names, and nothing is lost or there twice: %s',
    async (what, withClock, fill) => {
      writeLines(withClock)
      let line = `spl import --lines big.ndjson --rejected bad`
      if (what === 'a pipe') line = `cat ${file} | spl import --lines - --rejected bad`
      let interrupts = 0
      for (const more of [1, 300, 777, 1_200, 5, 900, 650]) {
        const run = await shell(line, interruptAt(more))
        expect(run.stderr).toMatch(/\[(?:INTERRUPTED|IMPORT_INCOMPLETE)\]/u)
        if (!run.stderr.includes('[INTERRUPTED]')) break
        expect(run.code).toBe(130)
        // The lines that were refused are told, also here.
        const isTold = /^line \d+.*no JSON/mu.test(run.stderr)
        expect(isTold).toBe(/ [1-9]\d* refused/u.test(run.stderr))
        interrupts += 1
        line = fill(run.next)
      }
      expect(interrupts).toBeGreaterThan(2)
      await shell(line, never)
      expect(await found()).toEqual(whole)
    },
    120_000,
  )

  test('ends while its pipe is silent', async () => {
    writeLines(false)
    const run = await shell('(cat big.ndjson; sleep 60) | spl import --lines -', interruptAt(800))
    expect([run.code, run.stderr]).toEqual([130, expect.stringContaining('--from-line')])
  }, 60_000)
})

/** Passes bytes on, and breaks off each answer to an append after so many bytes of it. */
async function aCutter(port: number, bytes: number) {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const daemon = connect(port, '127.0.0.1')
    let left = bytes
    for (const socket of [client, daemon])
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    sockets.add(client).add(daemon)
    client.pipe(daemon)
    daemon.on('data', (data: Buffer) => {
      client.write(data.subarray(0, left))
      left -= data.length
      if (left > 0) return
      client.destroy()
      daemon.destroy()
    })
    daemon.on('end', () => client.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describe('an import of lines whose connection is cut', () => {
  test('says of lines without a clock which have an outcome, and which are open', async () => {
    writeLines(false)
    using cutter = await aCutter(to.daemon.addresses.tcp.port, 60_000)
    const { code, stderr } = await shell(
      'spl import --lines big.ndjson --rejected bad',
      never,
      cutter.base,
    )
    expect(code).toBe(3)
    const [, done, first, last] =
      /lines up to (\d+) are done: .* what became of lines (\d+) to (\d+) is not known/u.exec(
        stderr,
      ) ?? []
    expect(Number(first)).toBe(Number(done) + 1)
    const { numbers, told } = await found()
    const upTo = whole.numbers.filter((n) => n <= Number(done))
    expect(numbers.slice(0, upTo.length)).toEqual(upTo)
    expect(numbers.at(-1)).toBeLessThanOrEqual(Number(last))
    // They are there in the order of the file, so the first that is missing is where to go on.
    expect(numbers).toEqual(whole.numbers.slice(0, numbers.length))
    expect(told).toEqual(whole.told.filter((n) => n <= Number(done)))
    const from = (numbers.at(-1) ?? 0) + 1
    expect(stderr).toContain(
      'spl thread records th_big; from the first that is not: spl import --lines',
    )
    await shell(`spl import --lines big.ndjson --from-line ${from} --rejected bad.2`, never)
    expect((await found()).numbers).toEqual(whole.numbers)
  }, 60_000)

  test('goes on where the daemon has stopped', async () => {
    writeLines(false)
    const run = await shell('spl import --lines big.ndjson --rejected bad', async () => {
      while (to.daemon.store.head() < 1_500) await sleep(1)
      await to.daemon.stop()
    })
    expect(run.code).toBe(3)
    expect(run.stderr).toMatch(/lines up to \d+ are done/u)
    expect(run.stderr).toMatch(/^try: .*--from-line/mu)
    expect(existsSync(join(folder.path, 'bad'))).toBe(true)
  }, 60_000)
})
