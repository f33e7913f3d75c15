import { shellPath } from '../../problem/shell-word.ts'

/** `--home` as it was named on this command line; undefined: the next command finds the same home by itself. */
let named: string | undefined
let names: readonly string[] = []
/** The database that this command line starts a daemon with, where that is not the home's own. */
let store: string | undefined

/**
 * Takes note of the home that `--home` names.
 *
 * @param commands the names of the commands, so that `spl` in a sentence is not taken for one
 */
export function nameHome(directory: string | undefined, commands: readonly string[]): void {
  named = directory
  names = commands
}

/** Takes note of the database that a start was asked to open; null for the home's own. */
export function nameStore(path: string | null): void {
  store = path ?? undefined
}

/**
 * A next step as it can be pasted: without `--home` its commands would be carried out for the daemon of the default home.
 * A command that names a home itself stays as it is, and so does one that is for another machine.
 */
export function forThisHome(step: string): string {
  const here = store === undefined ? step : withStore(step, store)
  return named === undefined ? here : withHome(here, named, names)
}

/** A quoted word of a command, an apostrophe within it as `'\''`. */
const QUOTED = /(?<=^|[\s=])'(?:[^']|'\\'')*'(?=$|[\s;,.)])/u
/** What a command stands behind that is for another machine. */
const ELSEWHERE =
  /(?:at home|(?:other|daemon['’]s) machine|at the (?:daemon|gateway)|gateway runs):? $/u

/** Exported for its test: the step with `--home` in each of its commands. */
export function withHome(step: string, home: string, commands: readonly string[]): string {
  const call = String.raw`\bspl (?=(?:${commands.join('|')})\b(?![^;]*--home))`
  return step.replaceAll(new RegExp(`${QUOTED.source}|${call}`, 'gu'), (found, at: number) =>
    found !== 'spl ' || ELSEWHERE.test(step.slice(0, at))
      ? found
      : `spl --home ${shellPath(home)} `,
  )
}

/** Exported for its test: the step with `--store` in each command that starts a daemon, unless it names one. */
export function withStore(step: string, path: string): string {
  const call = String.raw`\bspl serve (?=--(?:daemon|foreground|restart)\b(?![^;,]*--(?:store|memory)))`
  return step.replaceAll(new RegExp(`${QUOTED.source}|${call}`, 'gu'), (found, at: number) =>
    found !== 'spl serve ' || ELSEWHERE.test(step.slice(0, at))
      ? found
      : `spl serve --store ${shellPath(path)} `,
  )
}
