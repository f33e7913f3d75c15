import type { Argument, Command, Option } from 'commander'
import { defaultNameOf } from '../help/default-command.ts'

/** A word that may stand where the cursor is. */
export interface Candidate {
  readonly value: string
  readonly meaning: string
}

/** What a place on the command line takes: one of some words, a path, or a value that only a daemon or a list knows. */
export type Place =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'files' | 'directories' }
  /** `name`: that of the argument, or of the option without its dashes. */
  | { readonly kind: 'value'; readonly name: string; readonly choices: readonly string[] }

export interface CompletedLine {
  readonly place: Place
  /** What stands before the cursor of the word that is being typed. */
  readonly word: string
  /** Values of the options so far, by name without dashes. */
  readonly given: ReadonlyMap<string, string>
}

/** Reads a line as far as it is typed, the last word being the unfinished one. Pure: the command tree says it all. */
export function completeLine(program: Command, words: readonly string[]): CompletedLine {
  let command = program
  let awaiting: Option | undefined
  let operands = 0
  const given = new Map<string, string>()
  const used = new Set<Option>()
  for (const word of words.slice(0, -1)) {
    // bash hands `--home=x` over as three words.
    if (word === '=') continue
    if (awaiting !== undefined) {
      given.set(nameOf(awaiting), word)
      awaiting = undefined
      continue
    }
    if (word.startsWith('-')) {
      const [flag, value] = split(word)
      const option = optionsOf(command).find(({ long, short }) => flag === long || flag === short)
      if (option === undefined) continue
      used.add(option)
      if (value !== undefined) given.set(nameOf(option), value)
      else if (option.required) awaiting = option
      continue
    }
    const next = operands === 0 ? command.commands.find((one) => one.name() === word) : undefined
    if (next === undefined) operands += 1
    // What is asked about is a command again.
    else if (next.name() !== 'help') command = next
  }
  const last = words.at(-1) ?? ''
  const word = last === '=' ? '' : last
  return { place: placeOf({ command, awaiting, operands, used, word }), word, given }
}

interface Cursor {
  readonly command: Command
  readonly awaiting: Option | undefined
  readonly operands: number
  readonly used: ReadonlySet<Option>
  readonly word: string
}

function placeOf({ command, awaiting, operands, used, word }: Cursor): Place {
  if (awaiting !== undefined) return valueOf(awaiting, nameOf(awaiting), placeholderOf(awaiting))
  const options = optionsOf(command)
    .filter(({ long }) => ![...used].some((option) => option.long === long))
    .map((option) => ({ value: option.long ?? option.flags, meaning: option.description }))
  if (word.startsWith('-')) return { kind: 'words', candidates: options }
  if (operands === 0 && command.commands.length > 0) {
    const commands = command.createHelp().visibleCommands(command)
    const candidates = commands.map((one) => ({ value: one.name(), meaning: one.description() }))
    return { kind: 'words', candidates }
  }
  const { registeredArguments: all } = command
  const argument = all[operands] ?? (all.at(-1)?.variadic ? all.at(-1) : undefined)
  if (argument !== undefined) return valueOf(argument, argument.name(), argument.name())
  return { kind: 'words', candidates: options }
}

function valueOf(taker: Argument | Option, name: string, placeholder: string): Place {
  if (placeholder === 'file') return { kind: 'files' }
  if (placeholder === 'dir') return { kind: 'directories' }
  return { kind: 'value', name, choices: taker.argChoices ?? [] }
}

/** The options of a command, or of the one that it stands for when none is named, and those of all above. */
function optionsOf(command: Command): Option[] {
  const unnamed = command.commands.find((one) => one.name() === defaultNameOf(command))
  const options = [...command.createHelp().visibleOptions(unnamed ?? command)]
  for (let above = command.parent; above !== null; above = above.parent) {
    options.push(...above.options)
  }
  return options
}

function split(word: string): [flag: string, value: string | undefined] {
  const at = word.startsWith('--') ? word.indexOf('=') : -1
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}

function nameOf(option: Option): string {
  return (option.long ?? option.flags).replace(/^--/u, '')
}

function placeholderOf(option: Option): string {
  return /[<[](\S+?)[\]>]/u.exec(option.flags)?.[1] ?? ''
}
