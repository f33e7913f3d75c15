import { shellWord } from './shell-word.ts'

let named: string | undefined

/** Takes note of the home that `--home` names on this command line; undefined: the one that the next command has too. */
export function nameHome(directory: string | undefined): void {
  named = directory
}

/**
 * A next step as it can be pasted: without `--home` its commands would be carried out for the daemon of the default home.
 * A step that names a home itself stays as it is.
 */
export function forThisHome(step: string): string {
  if (named === undefined || step.includes('--home')) return step
  return step.replaceAll(/\bspl (?=[a-z])/gu, `spl --home ${shellWord(named)} `)
}
