import { stripVTControlCharacters, styleText } from 'node:util'
import { printable, UNPRINTABLE } from './table.ts'

/** Data goes to stdout. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/**
 * One object, one line: the form of every `--json`. Fields may be added, never renamed. JSON leaves DEL, C1 controls
 * and direction overrides as they are; escaped they mean the same, and no terminal obeys them.
 */
export function printJson(value: object): void {
  print(JSON.stringify(value).replaceAll(UNPRINTABLE, escaped))
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Progress and remarks go to stderr, so that stdout stays data. Tables are styled for stdout: here stderr decides. */
export function note(text: string): void {
  process.stderr.write(`${hasColours(process.stderr) ? text : stripVTControlCharacters(text)}\n`)
}

/** Whether a stream shows colours: it is a terminal that can, unless `NO_COLOR` or `FORCE_COLOR` say otherwise. */
function hasColours(stream: NodeJS.WriteStream): boolean {
  return styleText('bold', 'x', { stream }) !== 'x'
}

/** Something that does not stop the command and that a person should know; stderr. */
export function warn(text: string): void {
  note(`warning: ${printable(text)}`)
}
