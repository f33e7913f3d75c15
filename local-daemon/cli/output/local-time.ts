/**
 * A time for people, by the clock and zone of this machine: `2026-11-24 15:18`; an absent one is `-`. For tables, where
 * the column says what it is. `--json` has the number or the UTC text that the daemon gave.
 */
export function shortTime(seconds: number | null): string {
  return seconds === null ? '-' : localText(new Date(seconds * 1000)).slice(0, 16)
}

/** The same to the second and with its zone, for a line by itself: `2026-11-24 15:18:03 +01:00`. */
export function localTime(seconds: number): string {
  const date = new Date(seconds * 1000)
  const text = localText(date)
  return text === '-' ? text : `${text.slice(0, 19)} ${zoneText(date)}`
}

/** To the millisecond, for lines of a log; `-` for what is no time. */
export function localMs(ms: number): string {
  return localText(new Date(ms))
}

/** `2026-11-24 15:18:03.123`, local; `-` for what is no time, as a daemon that is none may give it. */
function localText(date: Date): string {
  const moved = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  if (Number.isNaN(moved.getTime())) return '-'
  return moved.toISOString().slice(0, 23).replace('T', ' ')
}

/** `+01:00`, as RFC 3339 writes it. */
function zoneText(date: Date): string {
  const minutes = -date.getTimezoneOffset()
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `${minutes < 0 ? '-' : '+'}${two(hours)}:${two(rest)}`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
