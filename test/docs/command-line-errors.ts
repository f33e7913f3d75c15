import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { thrownErrors } from './thrown-errors.ts'
import { wordsOf } from './words-of.ts'

/** A message of the command line and its next step, as they are printed; `…` stands for what differs. */
export interface PrintedError {
  readonly message: string
  readonly try: string
}

const HELP = '<command> --help'

/** Codes that no constructor names: of commander, of report-error.ts and old-node.ts. */
const OF_THE_LINE: Readonly<Record<string, PrintedError>> = {
  CONFLICTING_OPTION: { message: 'two options contradict each other', try: HELP },
  EXCESS_ARGUMENTS: { message: 'too many words', try: `put text into quotes; ${HELP}` },
  INVALID_ARGUMENT: { message: 'a value does not have the form that the command takes', try: HELP },
  MISSING_ARGUMENT: { message: 'the command needs another word', try: HELP },
  MISSING_MANDATORY_OPTION_VALUE: { message: 'the command needs another option', try: HELP },
  OPTION_MISSING_ARGUMENT: { message: 'an option has no value', try: HELP },
  UNKNOWN_COMMAND: { message: 'there is no such command', try: 'spl --help' },
  UNKNOWN_OPTION: { message: 'the command has no such option', try: HELP },
  INTERNAL: { message: 'spl failed unexpectedly', try: 'the same with SPL_DEBUG=1; report it' },
  NODE_TOO_OLD: {
    message: 'this Node.js is too old for the store',
    try: 'install the current long-term release of Node.js',
  },
}

/** The codes of `OF_THE_LINE`, from where they come: commander's own source, and two of ours. */
export function codesOfTheLine(): readonly string[] {
  return [...commanderCodes(), 'INTERNAL', 'NODE_TOO_OLD']
}

/** What commander may say of a command line, in our form of a code, read from its own source. */
function commanderCodes(): string[] {
  const entry = createRequire(import.meta.url).resolve('commander')
  const source = readFileSync(join(dirname(entry), 'lib/command.js'), 'utf8')
  const codes = [...source.matchAll(/code: 'commander\.(\w+)'/gu)].map(([, code = '']) => code)
  return [...codes, 'invalidArgument'].map((code) =>
    code.replaceAll(/[A-Z]/gu, (letter) => `_${letter}`).toUpperCase(),
  )
}

/** Every code in the order of the alphabet, with all that may be printed for it. */
function printedErrors(): ReadonlyMap<string, readonly PrintedError[]> {
  const all = new Map<string, PrintedError[]>()
  const add = (code: string, printed: PrintedError) => {
    const known = all.get(code) ?? []
    all.set(code, known)
    if (!known.some((one) => one.message === printed.message && one.try === printed.try))
      known.push(printed)
  }
  for (const [code, printed] of Object.entries(OF_THE_LINE)) add(code, printed)
  for (const { codes, message, try: next } of thrownErrors()) {
    for (const code of codes) for (const printed of branches(message, next)) add(code, printed)
  }
  // A message that is values alone tells nothing, unless the code has no other.
  for (const [code, errors] of all) {
    const telling = errors.filter(({ message }) => /\w/u.test(message))
    if (telling.length > 0) all.set(code, telling)
  }
  return new Map([...all].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** A message with two branches and a next step with two are two errors. */
function branches(message: string, next: string): readonly PrintedError[] {
  const messages = wordsOf(message)
  const steps = wordsOf(next)
  if (messages.length === steps.length) {
    return messages.map((text, at) => ({ message: text, try: steps[at] ?? '' }))
  }
  const step = steps.join('; or: ')
  return messages.map((text) => ({ message: text, try: step === '' ? '…' : step }))
}

/** The generated part of docs/appendix/command-line-errors.md. */
export function commandLineErrors(): string {
  return [...printedErrors()]
    .map(([code, errors]) => {
      const texts = errors.map((one) => `error: ${one.message} [${code}]\ntry: ${one.try}`)
      return `## \`${code}\`\n\n\`\`\`text\n${texts.join('\n\n')}\n\`\`\`\n`
    })
    .join('\n')
}
