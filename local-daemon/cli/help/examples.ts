/** Columns of a terminal that does not say how wide it is. */
const COLUMNS = 80

/** `[command line, what it does]` */
export type Example = readonly [call: string, meaning: string]

/**
 * Help text that shows how a command is really called: in two columns where all of it fits the width, else each call
 * under what it does. A call that is too long by itself goes on with a backslash, as a shell reads it.
 */
export function examples(...lines: readonly Example[]): string {
  return `\nExamples:\n${exampleLines(lines, process.stdout.columns || COLUMNS).join('\n')}`
}

export function exampleLines(lines: readonly Example[], columns: number): readonly string[] {
  const width = Math.max(...lines.map(([call]) => call.length))
  const beside = lines.map(([call, meaning]) => `  ${call.padEnd(width)}  # ${meaning}`)
  if (beside.every((line) => line.length <= columns)) return beside
  return lines.flatMap(([call, meaning]) => [`  # ${meaning}`, ...folded(call, columns)])
}

/** The call on as few lines as fit, broken in front of an option. */
function folded(call: string, columns: number): string[] {
  const [first = '', ...parts] = call.split(/ (?=--?[a-z])/u)
  const lines = [`  ${first}`]
  for (const part of parts) {
    const line = lines.at(-1) ?? ''
    if (`${line} ${part} \\`.length <= columns) lines.splice(-1, 1, `${line} ${part}`)
    else lines.splice(-1, 1, `${line} \\`, `    ${part}`)
  }
  return lines
}
