import type { WriteStream } from 'node:tty'
import { cutText } from './cut-text.ts'
import { printable } from './printable.ts'

/** Milliseconds before anything is shown: what is done by then needs no progress. */
const PATIENCE_MS = 500
/** Milliseconds between two pictures. */
const FRAME_MS = 100
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const
const BAR_COLUMNS = 20
/** Terminals without Unicode draw these. */
const PLAIN_FRAMES = ['|', '/', '-', '\\'] as const

/** Work that a person waits for. */
export interface Progress extends Disposable {
  /** How much is done, and of how much if that is known. */
  count(done: number, total?: number): void
  /** The same as a bar, with something about it: `█████░░░░░ 50 %, 12.3 MiB/s`. */
  bar(done: number, total: number, about: string): void
  /** What is being done now, if that changes. */
  say(text: string): void
}

export interface ProgressOptions {
  /** Nothing is shown beside a script's output. */
  readonly json?: boolean | undefined
  readonly stream?: Pick<WriteStream, 'isTTY' | 'columns' | 'write'>
  readonly now?: () => number
}

/**
 * Shows on stderr that something goes on, with the seconds and a count: `⠹ reading threads 3000 of 12000, 4 s`. Only on a
 * terminal, only after half a second, and the line is gone when the work is (`using`). Notes that are written meanwhile
 * belong before it or after it.
 */
export function showProgress(text: string, options: ProgressOptions = {}): Progress {
  const { json = false, stream = process.stderr, now = () => performance.now() } = options
  if (json || !stream.isTTY || process.env['TERM'] === 'dumb') return NOTHING
  const frames = hasUnicode() ? FRAMES : PLAIN_FRAMES
  const started = now()
  let said = text
  let counted = ''
  let shown = 0
  function draw(): void {
    const elapsed = now() - started
    if (elapsed < PATIENCE_MS) return
    const seconds = elapsed < 1000 ? '' : `, ${Math.floor(elapsed / 1000)} s`
    const line = `${frames[shown % frames.length]} ${printable(said)}${counted}${seconds}`
    shown += 1
    // Cut at the edge: a line that wraps could not be taken back.
    stream.write(`\r\u001B[2K${cutText(line, (stream.columns || 80) - 1)}`)
  }
  const timer = setInterval(draw, FRAME_MS)
  // The work keeps the process alive, not its picture.
  timer.unref()
  return {
    count(done, total) {
      counted = total === undefined ? ` ${done}` : ` ${done} of ${total}`
    },
    bar(done, total, about) {
      const part = total === 0 ? 1 : Math.min(1, done / total)
      const full = Math.floor(part * BAR_COLUMNS)
      const [on, off] = hasUnicode() ? ['█', '░'] : ['#', '.']
      const drawn = on.repeat(full) + off.repeat(BAR_COLUMNS - full)
      counted = ` ${drawn} ${Math.floor(part * 100)} %, ${about}`
    },
    say(next) {
      said = next
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      if (shown > 0) stream.write('\r\u001B[2K')
    },
  }
}

/** The same for one piece of work. */
export async function withProgress<Done>(
  text: string,
  options: ProgressOptions,
  work: (progress: Progress) => Promise<Done>,
): Promise<Done> {
  using progress = showProgress(text, options)
  return await work(progress)
}

const NOTHING: Progress = { count() {}, bar() {}, say() {}, [Symbol.dispose]() {} }

function hasUnicode(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env
  return process.platform !== 'win32' && /utf-?8/iu.test(LC_ALL || LC_CTYPE || LANG || '')
}
