import { forThisHome } from './for-this-home.ts'
import { UNPRINTABLE } from './printable.ts'
import { deliverOut, writeOut } from './stdout.ts'
import { terminalText } from './styled.ts'

/** Data for people goes to stdout, in colours where it shows them; of everything else a terminal obeys nothing. */
export function print(text: string): void {
  printAsIs(terminalText(text, process.stdout))
}

/**
 * The same for what is shown once and must not get lost.
 *
 * @throws Error of the system when stdout does not take it
 */
export async function printOnce(text: string): Promise<void> {
  await deliverOut(`${terminalText(text, process.stdout).replace(/\n$/u, '')}\n`)
}

/** What programs read, as it is: files, scripts, JSON. */
export function printAsIs(text: string): void {
  writeOut(text.endsWith('\n') ? text : `${text}\n`)
}

/**
 * One object, one line: the form of every `--json`. Fields may be added, never renamed. JSON leaves DEL, C1 controls
 * and direction overrides as they are; escaped they mean the same, and no terminal obeys them.
 */
export function printJson(value: object): void {
  printAsIs(jsonText(value))
}

/** What `printJson` prints, without the line end. */
export function jsonText(value: object): string {
  return JSON.stringify(value).replaceAll(UNPRINTABLE, escaped)
}

function escaped(character: string): string {
  const units = character.split('')
  return units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
}

/** What to do next, in one form for every command, after what it is for (`try`, `to end it`); stderr. */
export function noteNext(label: string, step: string): void {
  note(`${label}: ${forThisHome(step)}`)
}

/** Progress and remarks go to stderr, so that stdout stays data. */
export function note(text: string): void {
  process.stderr.write(`${terminalText(text, process.stderr)}\n`)
}

/** Something that does not stop the command and that a person should know; stderr. */
export function warn(text: string): void {
  note(`warning: ${text}`)
}
