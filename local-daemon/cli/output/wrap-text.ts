import { textWidth } from './text-width.ts'

/** Lines of at most so many columns, broken at blanks alone: an id is one word, and stays one that can be copied. */
export function wrapText(text: string, columns: number): string[] {
  return filled(text.split(' '), columns)
}

/** The same for a next step: a command in it is not broken, so that it can be copied. */
export function wrapStep(step: string, columns: number): string[] {
  const parts = step.split(/(?<=[;.,:]|&&) /u)
  return filled(
    parts.flatMap((part) => (COMMAND.test(part) ? [part] : part.split(' '))),
    columns,
  )
}

const COMMAND = /\b(?:spl|sudo|chmod|pgrep|certbot|systemctl|timedatectl) /u

/** Lines under each other, all but the first moved to the right. */
export function hanging(lines: readonly string[], columns: number): string {
  return lines.join(`\n${' '.repeat(columns)}`)
}

function filled(words: readonly string[], columns: number): string[] {
  const lines: string[] = []
  let line: string | undefined
  for (const word of words) {
    if (line !== undefined && textWidth(line) + 1 + textWidth(word) > columns) {
      lines.push(line)
      line = word
    } else line = line === undefined ? word : `${line} ${word}`
  }
  return [...lines, line ?? '']
}
