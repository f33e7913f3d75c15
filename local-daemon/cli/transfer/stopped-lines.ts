import { shellWord } from '../../problem/shell-word.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { placeIn } from './line-place.ts'
import type { Counts, LineToTake } from './take-lines.ts'

/** Where an import of lines has stopped. */
export interface StoppedAt {
  /** All lines up to this one have an outcome. */
  readonly line: number
  readonly counts: Counts
  /** Lines that were on their way. */
  readonly sent: readonly LineToTake[]
  /** The command that goes on from a line. */
  readonly again: (line: string) => string
}

/** The daemon says that it has not taken the rest, or never had it. */
const REFUSED = new Set(['DAEMON_NOT_RUNNING', 'DAEMON_STOPPING'])
/** Whether it has taken the rest is open. */
const OPEN = new Set(['IMPORT_CUT', 'ANSWER_INVALID', 'INTERRUPTED'])

/** The error that ends an import of lines, with what is done and the command that goes on without a loss. */
export function stoppedLines(error: unknown, { line, counts, sent, again }: StoppedAt): unknown {
  if (!(error instanceof CliError)) return error
  const { accepted, duplicate, rejected, redacted } = counts
  const open = isOpen(error) ? sent : []
  if (accepted + duplicate + rejected + redacted + open.length === 0) return error
  const done = `lines up to ${line} are done: ${accepted} accepted, ${duplicate} there already, ${rejected} refused`
  const [first, last] = [open.at(0), open.at(-1)]
  const isLost = open.some(({ bytes }) => placeIn(bytes)?.isFoundAgain === false)
  if (isLost && first !== undefined && last !== undefined) {
    const { thread = '<thread>' } = placeIn(first.bytes) ?? {}
    const records = `spl thread records ${thread === '<thread>' ? thread : shellWord(thread)}`
    const from = `${first.line} to ${last.line}`
    return error.inWords({
      message: `${error.message}; ${done}; what became of lines ${from} is not known`,
      try: `see which of them are there: ${records}; from the first that is not: ${again('<line>')}`,
    })
  }
  const command = again(String(line + 1))
  const isOver = error.code === 'INTERRUPTED' || error.code === 'IMPORT_CUT'
  return error.inWords({
    message: `${error.message}; ${done}`,
    try: isOver ? command : `${error.try}; then: ${command}`,
  })
}

function isOpen({ code, exitCode }: CliError): boolean {
  return OPEN.has(code) || (exitCode === EXIT_CODE.unreachable && !REFUSED.has(code))
}
