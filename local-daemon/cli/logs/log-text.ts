import { isPlainObject } from '../../../protocol/json/json-value.ts'
import { localMs } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'
import { styled } from '../output/styled.ts'

/** Pino's numbers. */
const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
/** Shown at their own place, or the same in every line. */
const KNOWN = new Set(['time', 'level', 'msg', 'pid', 'err'])

/** A line of the log as an object; undefined for one that is none, such as one that a crash has cut. */
export function parseLogLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    return isPlainObject(entry) ? entry : undefined
  } catch {
    return undefined
  }
}

/** A line for people: time, level, message, fields. Nothing in it reaches the terminal as a control sequence. */
export function logText(line: string): string {
  const entry = parseLogLine(line)
  if (entry === undefined) return visible(line)
  const level = LEVELS[Number(entry['level'])] ?? String(entry['level'])
  const fields = Object.entries(entry).filter(([name]) => !KNOWN.has(name))
  const error = isPlainObject(entry['err']) ? entry['err']['message'] : undefined
  const words = [
    visible(String(entry['msg'] ?? '')),
    ...(error === undefined ? [] : [`error=${visible(quoted(error))}`]),
    ...fields.map(([name, value]) => `${visible(name)}=${visible(quoted(value))}`),
  ]
  const text = `${localMs(Number(entry['time'])).padEnd(23)}  ${visible(level).padEnd(5)}  ${words.join('  ')}`
  if (level === 'error' || level === 'fatal') return styled('red', text)
  return level === 'warn' ? styled('yellow', text) : text
}

/** A plain word as it is, everything else as JSON. */
function quoted(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/u.test(value)) return value
  return JSON.stringify(value) ?? 'undefined'
}

function visible(text: string): string {
  return printable(text).replaceAll('\n', ' ')
}
