import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { HTTP_LIMITS } from '../../local-daemon/http/limits.ts'
import { PROCESS_LIMITS } from '../../local-daemon/process/limits.ts'
import { parseListenHost } from '../../local-daemon/network/listen-host.ts'
import { thrownErrors } from './thrown-errors.ts'

const PAGE = readFileSync(new URL('../../docs/running.md', import.meta.url), 'utf8')
const PROBLEMS = PAGE.split('\n## If it does not start\n')[1] ?? ''

/** Where the reasons of a start are made; the gateway and systemd have pages of their own, and no start waits for a proxy. */
const OF_START =
  /^local-daemon\/(?:(?:access|home|http|network(?!\/proxy\.ts)|store|tunnel|cli\/verify)\/|explain-start\.ts)/u

test('docs/running.md explains every reason why a daemon does not start, and no other', () => {
  const made = thrownErrors().filter(({ file }) => OF_START.test(file))
  const codes = new Set(made.flatMap((error) => error.codes))
  const rows = PROBLEMS.split('\n').filter((line) => line.startsWith('| `'))
  const told = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/gu)].map(([, code = '']) => code),
  )
  expect(told.toSorted()).toEqual([...codes].toSorted())
})

test('docs/running.md tells of hosts what the daemon does with them', () => {
  const section = PAGE.split('\n## Who can reach it\n')[1]?.split('\n## ')[0] ?? ''
  const [, ...rows] = section.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows).toHaveLength(5)
  const exposures = [/this machine/, /tailnet/, /private network/, /refused/, /refused/]
  for (const [at, row] of rows.entries()) {
    const [, hosts = '', ...rest] = row.split('|')
    expect(rest.join('|')).toMatch(exposures[at] ?? /nothing/)
    for (const [, host = ''] of hosts.matchAll(/`([^`/]+)(?:\/\d+)?`/gu)) {
      const listen = () => parseListenHost(host)
      if (at > 2) expect(listen).toThrow(expect.objectContaining({ isUsage: true }))
      else expect(listen().exposure).toBe(['loopback', 'tailnet', 'private'][at])
    }
  }
})

test('docs/running.md has the limits of the log and of a stop', () => {
  expect(PAGE).toContain(`At ${PROCESS_LIMITS.logBytes / 1024 / 1024} MiB`)
  expect(PROCESS_LIMITS.logFiles).toBe(7)
  expect(HTTP_LIMITS.drainMs).toBe(5_000)
})
