import { forThisHome } from '../output/for-this-home.ts'
import { printable } from '../output/printable.ts'
import type { Check, CheckStatus } from './check.ts'
import { styled } from '../output/styled.ts'

const SIGNS: Readonly<Record<CheckStatus, readonly [string, 'green' | 'yellow' | 'red' | 'dim']>> =
  {
    pass: ['ok  ', 'green'],
    warn: ['warn', 'yellow'],
    fail: ['FAIL', 'red'],
    skip: ['skip', 'dim'],
  }
/** Longest name of a check, so that messages begin under each other. */
const NAME_WIDTH = 16

/** One check as a line for people, and under it what to do. */
export function checkText({ status, name, message, fix }: Check): string {
  const [sign, colour] = SIGNS[status]
  const line = `${styled(colour, sign)}  ${name.padEnd(NAME_WIDTH)}  ${oneLine(message)}\n`
  return fix === undefined ? line : `${line}${' '.repeat(6)}try: ${forThisHome(oneLine(fix))}\n`
}

/** What others answered stands in it: with a line feed it could look like a check of its own. */
function oneLine(text: string): string {
  return printable(text).replaceAll('\n', ' ')
}

/** How many of each, in the order of their weight: `2 failed, 1 warning, 20 passed, 3 skipped`. */
export function tally(checks: readonly Check[]): string {
  const count = (status: CheckStatus) => checks.filter((check) => check.status === status).length
  const [fail, warn, pass, skip] = [count('fail'), count('warn'), count('pass'), count('skip')]
  return [
    ...(fail > 0 ? [`${fail} failed`] : []),
    ...(warn > 0 ? [`${warn} warning${warn === 1 ? '' : 's'}`] : []),
    `${pass} passed`,
    ...(skip > 0 ? [`${skip} skipped`] : []),
  ].join(', ')
}
