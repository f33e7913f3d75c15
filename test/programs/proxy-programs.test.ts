import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { findProgram } from './proxy-programs.ts'

const NOWHERE = '/nowhere'

test('a program is looked for where the shell looks', () => {
  const lines: string[] = []
  const name = 'node' as 'nginx'
  const env = { PATH: `${NOWHERE}:${dirname(process.execPath)}` }
  expect(findProgram(name, env, (line) => lines.push(line))).toBe(process.execPath)
  expect(lines).toEqual([])
})

test('without it one line says what is left out, and how to get it', () => {
  const lines: string[] = []
  const name = 'no-such-program' as 'nginx'
  expect(findProgram(name, { PATH: NOWHERE }, (line) => lines.push(line))).toBeUndefined()
  expect(lines).toEqual([expect.stringMatching(/skipped.*apt-get install caddy nginx-light/)])
})

test('nothing is left out in CI', () => {
  const name = 'no-such-program' as 'nginx'
  const find = () => findProgram(name, { PATH: NOWHERE, CI: 'true' }, () => {})
  expect(find).toThrow(/no no-such-program here: apt-get install caddy nginx-light/)
})
