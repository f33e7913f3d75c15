import { expect, test } from 'vitest'
import { findChromium } from './find-chromium.ts'

const NOWHERE = '/nowhere/chromium'

test('CHROMIUM_PATH names the browser', () => {
  const lines: string[] = []
  const env = { CHROMIUM_PATH: process.execPath }
  expect(findChromium(env, (line) => lines.push(line))).toBe(process.execPath)
  expect(lines).toEqual([])
})

test('without a browser one line says what is left out, and how to get it', () => {
  const lines: string[] = []
  expect(findChromium({ CHROMIUM_PATH: NOWHERE }, (line) => lines.push(line))).toBeUndefined()
  expect(lines).toEqual([expect.stringMatching(/skipped.*\/nowhere\/chromium.*apt-get install/)])
})

test('nothing is left out in CI', () => {
  const env = { CHROMIUM_PATH: NOWHERE, CI: 'true' }
  expect(() => findChromium(env, () => {})).toThrow(/no Chromium at \/nowhere\/chromium.*apt-get/)
})
