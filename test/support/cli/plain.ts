import { terminalText } from '../../../local-daemon/cli/output/styled.ts'

// oxlint-disable-next-line no-control-regex -- our own styles, and nothing else that a terminal obeys
const STYLE = /\u001B\[[0-9;]*m/gu

/** A text of the command line as a terminal without colours shows it. */
export function plain(text: string): string {
  return terminalText(text, process.stdout).replaceAll(STYLE, '')
}
