import { randomUUID } from 'node:crypto'
// oxlint-disable-next-line no-restricted-imports -- the one place for it
import { styleText } from 'node:util'
import { printable } from './printable.ts'

/**
 * Stands for an escape character of ours until the text is written. Nobody else knows it, so what others wrote cannot
 * contain it, and every escape character that is left can be taken out in one place.
 */
const OURS = randomUUID()
// oxlint-disable-next-line no-control-regex -- what it makes is an escape sequence
const SEQUENCE = new RegExp(`${OURS}\\[[0-9;]*m`, 'gu')

/** The text in a style of `util.styleText`, which {@link terminalText} shows where there are colours. */
export function styled(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, printable(text), { validateStream: false }).replaceAll('\u001B', OURS)
}

/**
 * What may be written to a stream: styles only where it shows colours, and nothing else that a terminal would obey,
 * wherever it came from.
 */
export function terminalText(text: string, stream: NodeJS.WriteStream): string {
  const safe = printable(text)
  return hasColours(stream) ? safe.replaceAll(OURS, '\u001B') : safe.replaceAll(SEQUENCE, '')
}

/** Whether a stream shows colours: it is a terminal that can, unless `NO_COLOR` or `FORCE_COLOR` say otherwise. */
function hasColours(stream: NodeJS.WriteStream): boolean {
  return styleText('bold', 'x', { stream }) !== 'x'
}
