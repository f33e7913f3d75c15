import { CommanderError } from 'commander'
import { StartError } from '../problem/start-error.ts'
import { CliError } from './cli-error.ts'
import { insteadOf, insteadOfWords } from './help/missing-commands.ts'
import { closest } from '../../protocol/http/closest.ts'
import { forThisHome } from './output/for-this-home.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { printable } from './output/printable.ts'
import { note } from './output/output.ts'
import { styled } from './output/styled.ts'

interface Report {
  readonly code: string
  readonly message: string
  readonly try: string
  readonly exitCode: ExitCode
}

/**
 * Writes any error to stderr as two lines, `error: <message> [CODE]` and `try: <next step>`, and returns the
 * exit code. Stack traces are for developers: only with `SPL_DEBUG=1`.
 *
 * @param help the command line that shows the help for a wrong one
 * @param unknown options of the line that no command has
 */
export function reportError(
  error: unknown,
  help: string,
  unknown: readonly string[] = [],
): ExitCode {
  if (error instanceof CommanderError && isHelp(error)) {
    return error.exitCode === 0 ? EXIT_CODE.ok : EXIT_CODE.usage
  }
  // The question stands at the cursor.
  if (isLeft(error)) note('')
  const report = describe(error, help, unknown)
  note(`${styled('red', 'error:')} ${report.message} [${report.code}]`)
  note(`${styled('green', 'try:')} ${forThisHome(report.try)}`)
  if (process.env['SPL_DEBUG'] && error instanceof Error) note(`${error.stack}`)
  return report.exitCode
}

function isHelp(error: CommanderError): boolean {
  return ['commander.help', 'commander.helpDisplayed', 'commander.version'].includes(error.code)
}

function leftQuestion(help: string, by: string): CliError {
  return new CliError(
    'NOT_ANSWERED',
    'cancelled at a prompt',
    `run the same command again; ${help} shows the options that answer it`,
    by.endsWith('C') ? EXIT_CODE.interrupted : EXIT_CODE.failed,
  )
}

function describe(error: unknown, help: string, unknown: readonly string[]): Report {
  if (isLeft(error)) return describe(leftQuestion(help, error.message), help, unknown)
  if (error instanceof CliError) return { ...pick(error), exitCode: error.exitCode }
  if (error instanceof CommanderError) return describeUsage(error, help, unknown)
  if (isActionable(error)) {
    const isUsage = error instanceof StartError && error.isUsage
    return { ...pick(error), exitCode: isUsage ? EXIT_CODE.usage : EXIT_CODE.failed }
  }
  return {
    code: 'INTERNAL',
    message: printable(error instanceof Error ? error.message : String(error)),
    try: 'run the same command with SPL_DEBUG=1 for the stack trace, and report it',
    exitCode: EXIT_CODE.failed,
  }
}

/** Ctrl-C or Ctrl-D in place of an answer, as `node:readline` tells it. */
function isLeft(error: unknown): error is Error {
  return error instanceof Error && /^Aborted with Ctrl\+[CD]$/u.test(error.message)
}

/** Errors of the other rooms carry a stable code, and most of them a next step. */
function isActionable(error: unknown): error is Error & { code: string; try: string } {
  return error instanceof Error && 'code' in error && 'try' in error
}

function pick(error: Error & { code: string; try: string }): Omit<Report, 'exitCode'> {
  return {
    code: printable(error.code),
    message: printable(error.message),
    try: printable(error.try),
  }
}

/**
 * commander says `error: unknown command 'sevre'\n(Did you mean serve?)` with code
 * `commander.unknownCommand`: here the guess becomes the next step and the code takes our form.
 */
function describeUsage(error: CommanderError, help: string, unknown: readonly string[]): Report {
  const [first = '', ...rest] = error.message.replace(/^error: /u, '').split('\n')
  const guess = /\(Did you mean (?:one of )?(.+)\?\)/u.exec(rest.join(' '))?.[1]
  const command = help.replace(/ --help$/u, '')
  const word = /^unknown command '([^']*)'/u.exec(first)?.[1]
  const instead =
    error.code === 'commander.excessArguments'
      ? insteadOfWords(command)
      : word && insteadOf(command, word)
  const code = error.code
    .replace(/^commander\./u, '')
    .replaceAll(/[A-Z]/gu, (letter) => `_${letter}`)
  return {
    code: code.toUpperCase(),
    message: printable(inOurWords(first)),
    try: printable(
      instead ?? didYouMean(guess ?? closestChoice(first) ?? mistyped(first, unknown)) ?? help,
    ),
    exitCode: EXIT_CODE.usage,
  }
}

/** What commander calls a command-argument is what stands in the place of `<shell>`. */
function inOurWords(message: string): string {
  return message.replace(
    /^command-argument value '(.*)' is invalid for argument '(.+?)'\. /u,
    "'$1' is no <$2>: ",
  )
}

function didYouMean(guess: string | undefined): string | undefined {
  return guess === undefined ? undefined : `did you mean ${guess}?`
}

/** commander guesses commands and options, but not the choices of a value. */
function closestChoice(message: string): string | undefined {
  const [, given, choices] =
    /'([^']*)' is invalid.* Allowed choices are (.+)\.$/u.exec(message) ?? []
  return given === undefined ? undefined : closest(given, choices?.split(', ') ?? [])
}

/** A required option that is missing because its name is mistyped. */
function mistyped(message: string, unknown: readonly string[]): string | undefined {
  const missing = /^required option '(--[\w-]+)/u.exec(message)?.[1]
  return missing !== undefined && closest(missing, unknown) !== undefined ? missing : undefined
}
