import { execFile } from 'node:child_process'
import type { EventEmitter } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { median, percentile } from './statistics.ts'

const run = promisify(execFile)

export interface LoadOptions {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly bearer?: string
  /** Further fields of each request. */
  readonly fields?: Readonly<Record<string, string>>
  /** A JSON body makes it a POST; `{{n}}` in it is a number that grows. */
  readonly json?: string
}

export interface LoadResult {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Requests that got an answer. */
  readonly answered: number
  /** Answers that were not 2xx, and broken connections. */
  readonly failed: number
}

/** The middle one of several rounds, figure by figure. */
export function middle(results: readonly LoadResult[]): LoadResult {
  return {
    perSecond: median(results.map((result) => result.perSecond)),
    p50Ms: median(results.map((result) => result.p50Ms)),
    p99Ms: median(results.map((result) => result.p99Ms)),
    answered: results.reduce((sum, result) => sum + result.answered, 0),
    failed: results.reduce((sum, result) => sum + result.failed, 0),
  }
}

/** `wrk` where it is installed: in C, it takes little of the two cores that are measured. */
export async function loadTool(): Promise<'wrk' | 'autocannon'> {
  try {
    await run('wrk', ['--version'])
    return 'wrk'
  } catch (error) {
    // It prints its version and exits with 1.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'autocannon' : 'wrk'
  }
}

/** @throws Error when an answer was not a success: refusals are fast, and no measure of anything else */
export async function load(tool: 'wrk' | 'autocannon', options: LoadOptions): Promise<LoadResult> {
  const result = await (tool === 'wrk' ? loadWithWrk(options) : loadWithAutocannon(options))
  if (result.failed > 0) throw new Error(`load ${options.url}: ${result.failed} requests failed`)
  return result
}

async function loadWithWrk(options: LoadOptions): Promise<LoadResult> {
  const directory = await mkdtemp(join(tmpdir(), 'spl-wrk-'))
  try {
    const script = join(directory, 'load.lua')
    await writeFile(script, wrkScript(options))
    const args = ['-t1', `-c${options.connections}`, `-d${options.seconds}s`, '-s', script]
    const { stdout } = await run('wrk', [...args, options.url])
    const line = stdout.split('\n').find((text) => text.startsWith('{'))
    return JSON.parse(line ?? '{}') as LoadResult
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function wrkScript({ bearer, json, fields = {} }: LoadOptions): string {
  const others = Object.entries(fields).map(
    ([name, value]) => `wrk.headers["${name}"] = "${value}"\n`,
  )
  const authorization =
    bearer === undefined ? '' : `wrk.headers["authorization"] = "Bearer ${bearer}"\n`
  // A start that no other run shares: the same content again would be a duplicate, not an append.
  const request =
    json === undefined
      ? ''
      : `wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
local n = ${Date.now() * 1000}
local body = [==[${json}]==]
request = function() n = n + 1; return wrk.format(nil, nil, nil, (body:gsub("{{n}}", string.format("%d", n)))) end
`
  return `${authorization}${others.join('')}${request}
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"perSecond":%f,"answered":%d,"p50Ms":%f,"p99Ms":%f,"failed":%d}\\n',
    summary.requests / summary.duration * 1e6, summary.requests, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, e.connect + e.read + e.write + e.status + e.timeout))
end
`
}

async function loadWithAutocannon(options: LoadOptions): Promise<LoadResult> {
  const { default: autocannon } = await import('autocannon')
  let n = Date.now() * 1000
  const { json } = options
  // Its own histogram counts whole milliseconds, which is most of a small reply's time.
  const times: number[] = []
  const startedAt = performance.now()
  const running = autocannon({
    url: options.url,
    connections: options.connections,
    duration: options.seconds,
    headers: {
      ...options.fields,
      ...(options.bearer === undefined ? {} : { authorization: `Bearer ${options.bearer}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(json === undefined
      ? {}
      : {
          method: 'POST',
          setupClient: (client) => {
            const next = () => client.setBody(json.replace('{{n}}', String((n += 1))))
            next()
            client.on('response', next)
          },
        }),
  })
  // It is an emitter as well, which its types do not say.
  const emitter = running as unknown as EventEmitter
  emitter.on('response', (_client, _status, _bytes, ms: number) => times.push(ms))
  const result = await running
  return {
    // Its own average counts whole seconds of the clock.
    perSecond: (times.length / (performance.now() - startedAt)) * 1000,
    answered: times.length,
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
    failed: result.non2xx + result.errors + result.timeouts,
  }
}
