import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openRotatingFile } from '../../../local-daemon/process/rotating-file.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

const LIMITS = { bytes: 30, kept: 3 }

describe('a rotating file', () => {
  test('is set aside when it is full, never in the middle of a line, and so many are kept', () => {
    using home = aHome()
    const path = join(home.path, 'log')
    const file = openRotatingFile(path, LIMITS)
    for (let line = 1; line <= 17; line += 1) file.write(`line number ${line}\n`)
    file.close()
    const files = ['log', 'log.1', 'log.2', 'log.3'].map((name) => join(home.path, name))
    const texts = files.map((name) => readFileSync(name, 'utf8'))
    const kept = [...texts.toReversed().join('').matchAll(/\d+/g)].map(([number]) => Number(number))
    // Two lines of 15 bytes fit into a file: the newest ones are there, without a gap.
    expect(kept).toEqual([11, 12, 13, 14, 15, 16, 17])
    for (const text of texts) {
      expect(text).toMatch(/^(?:line number \d+\n)+$/)
      expect(text.length).toBeLessThanOrEqual(LIMITS.bytes)
    }
    expect(existsSync(`${path}.4`)).toBe(false)
    for (const name of files) expect(statSync(name).mode & 0o777).toBe(0o600)
  })

  test.for(['renamed', 'removed', 'replaced'] as const)(
    'that another program has %s is opened again, and has the next line',
    (how) => {
      using home = aHome()
      const path = join(home.path, 'log')
      const file = openRotatingFile(path, LIMITS)
      file.write('before\n')
      if (how === 'removed') rmSync(path)
      else renameSync(path, `${path}.moved`)
      if (how === 'replaced') writeFileSync(path, 'theirs\n', { mode: 0o600 })
      file.write('after\n')
      file.close()
      expect(readFileSync(path, 'utf8')).toBe(how === 'replaced' ? 'theirs\nafter\n' : 'after\n')
      if (how !== 'removed') expect(readFileSync(`${path}.moved`, 'utf8')).toBe('before\n')
      expect(statSync(path).mode & 0o777).toBe(0o600)
    },
  )

  test('takes a line that is longer than a file may be', () => {
    using home = aHome()
    const path = join(home.path, 'log')
    const file = openRotatingFile(path, LIMITS)
    file.write(`${'x'.repeat(100)}\n`)
    file.write('short\n')
    file.close()
    expect(readFileSync(path, 'utf8')).toBe('short\n')
    expect(readFileSync(`${path}.1`, 'utf8')).toHaveLength(101)
  })

  test('goes on behind what is there, and counts it', () => {
    using home = aHome()
    const path = join(home.path, 'log')
    writeFileSync(path, `${'x'.repeat(28)}\n`)
    const file = openRotatingFile(path, LIMITS)
    file.write('next\n')
    file.close()
    expect(readFileSync(path, 'utf8')).toBe('next\n')
  })

  test('loses no line when it cannot be set aside', () => {
    using home = aHome()
    const path = join(home.path, 'log')
    // Its last place is taken by what no file can replace.
    mkdirSync(`${path}.3`)
    const file = openRotatingFile(path, LIMITS)
    for (let line = 1; line <= 9; line += 1) file.write(`line number ${line}\n`)
    file.close()
    expect(readFileSync(path, 'utf8').match(/\d+/g)).toHaveLength(9)
  })

  test.runIf(process.platform === 'linux')('loses what a full disk does not take, quietly', () => {
    using home = aHome()
    const path = join(home.path, 'log')
    symlinkSync('/dev/full', path)
    const file = openRotatingFile(path, LIMITS)
    for (let line = 0; line < 10; line += 1) file.write('a line of some length\n')
    file.close()
    expect(existsSync(`${path}.1`)).toBe(false)
  })
})
