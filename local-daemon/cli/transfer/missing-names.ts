import { countText } from '../../problem/count-text.ts'
import { shellWord } from '../../problem/shell-word.ts'
import { CliError } from '../cli-error.ts'

/** A namespace that the home lacks. */
export interface MissingName {
  readonly name: string
  /** The first new record that names it, from 1. */
  readonly line: number | undefined
  /** The namespace that was probably meant. */
  readonly meant: string | undefined
}

/** Names that are told. */
const LISTED = 20

/** The error for namespaces that the home lacks. Names that look like a slip of the hand are not to be made. */
export function missingNames(unsent: string, missing: readonly MissingName[]): CliError {
  const told = missing.slice(0, LISTED)
  const places = told.flatMap(({ name, line, meant }) =>
    line === undefined
      ? []
      : `; line ${line}${missing.length === 1 ? '' : ` says ${name}`}${meant === undefined ? '' : `: did you mean ${meant}?`}`,
  )
  const commands = told
    .filter(({ meant }) => meant === undefined)
    .map(({ name }) => `spl namespace create ${shellWord(name)}`)
  const slips = commands.length < told.length ? '; correct the lines of the others' : ''
  return new CliError(
    'NAMESPACE_UNKNOWN',
    `${unsent}: there is no namespace ${listedNames(missing.map(({ name }) => name))} there${places.join('')}`,
    commands.length === 0
      ? 'correct those lines; for a namespace that is really new: spl namespace create --help'
      : `make what is missing: ${commands.join(' && ')}${slips}`,
  )
}

export function listedNames(names: readonly string[]): string {
  const more = names.length - LISTED
  const shown = names.slice(0, LISTED).join(', ')
  return more > 0 ? `${shown} and ${countText(more, 'more', 'more')}` : shown
}
