import { printable } from './table.ts'

/** Data goes to stdout. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** One object, one line: the form of every `--json`. Fields may be added, never renamed. */
export function printJson(value: object): void {
  print(JSON.stringify(value))
}

/** Progress and remarks go to stderr, so that stdout stays data. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Something that does not stop the command and that a person should know; stderr. */
export function warn(text: string): void {
  note(`warning: ${printable(text)}`)
}
