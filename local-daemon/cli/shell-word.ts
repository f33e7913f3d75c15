/** A word for a POSIX shell, to be pasted: as it is where that is safe, else in single quotes, a single quote as `'\''`. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/u.test(text) && /^[ -~]+$/u.test(text)) return text
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
