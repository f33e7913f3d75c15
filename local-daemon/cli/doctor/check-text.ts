import { countText } from '../../problem/count-text.ts'
import { forThisHome } from '../output/for-this-home.ts'
import { printable } from '../output/printable.ts'
import type { Check, CheckStatus } from './check.ts'
import { styled } from '../output/styled.ts'
import { hanging, wrapStep, wrapText } from '../output/wrap-text.ts'

const SIGNS: Readonly<Record<CheckStatus, readonly [string, 'green' | 'yellow' | 'red' | 'dim']>> =
  {
    pass: ['ok  ', 'green'],
    warn: ['warn', 'yellow'],
    fail: ['FAIL', 'red'],
    skip: ['skip', 'dim'],
  }
/** Longest name of a check, so that messages begin under each other. */
const NAME_WIDTH = 16
/** Columns before a message, and before a next step. */
const MESSAGE_AT = 4 + 2 + NAME_WIDTH + 2
const STEP_AT = '      try: '.length

/**
 * One check as a line for people, and under it what to do. Both go on under themselves where the terminal ends.
 *
 * @param columns of the terminal; in a pipe there is no limit
 */
export function checkText(
  { status, name, message, fix }: Check,
  columns = process.stdout.columns || Number.POSITIVE_INFINITY,
): string {
  const [sign, colour] = SIGNS[status]
  const said = hanging(wrapText(oneLine(message), columns - MESSAGE_AT), MESSAGE_AT)
  const line = `${styled(colour, sign)}  ${name.padEnd(NAME_WIDTH)}  ${said}\n`
  if (fix === undefined) return line
  const step = wrapStep(forThisHome(oneLine(fix)), columns - STEP_AT)
  return `${line}${' '.repeat(6)}try: ${hanging(step, STEP_AT)}\n`
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
    ...(warn > 0 ? [countText(warn, 'warning')] : []),
    `${pass} passed`,
    ...(skip > 0 ? [`${skip} skipped`] : []),
  ].join(', ')
}
