import { serviceText } from './service-text.ts'

/**
 * One word of a unit file, systemd.syntax(7) and systemd.service(5): it arrives unchanged, whatever is in it. `%` begins a
 * specifier, and `\` an escape, everywhere.
 */
export function unitWord(word: string): string {
  const safe = unitValue(word)
  if (/^[\w@%+=:,./-]+$/u.test(safe)) return safe
  const escaped = safe.replaceAll(/["\\]/gu, String.raw`\$&`)
  return `"${escaped}"`
}

/** A value that takes no quotes: specifiers doubled. */
export function unitValue(text: string): string {
  return serviceText(text).replaceAll('%', '%%')
}

/** The words of `ExecStart`. `$` begins a variable in each of them but the program's own path. */
export function startWords([program = '', ...args]: readonly string[]): string {
  return [unitWord(program), ...args.map(argumentWord)].join(' ')
}

/** A word of `ExecStart` after the program. */
export function argumentWord(word: string): string {
  return unitWord(word).replaceAll('$', '$$$$')
}
