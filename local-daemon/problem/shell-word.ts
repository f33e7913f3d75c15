/** A word to paste into a POSIX shell: as it is if that is safe, else in single quotes, a single quote as `'\''`. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/u.test(text) && /^[ -~]+$/u.test(text)) return text
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** A path as such a word; one that begins with `-` is not taken as an option. */
export function shellPath(path: string): string {
  return shellWord(path.startsWith('-') ? `./${path}` : path)
}

/** A command with its arguments, as a person types it. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellWord).join(' ')
}
