/** Help text that shows how a command is really called: `[command line, what it does]` in columns. */
export function examples(...lines: readonly (readonly [call: string, meaning: string])[]): string {
  const width = Math.max(...lines.map(([call]) => call.length))
  return `\nExamples:\n${lines.map(([call, meaning]) => `  ${call.padEnd(width)}  # ${meaning}`).join('\n')}\n`
}
