/** Digits of a long id that tables show: two of 100,000 are alike once in 50,000 stores. `--json` has all 64. */
const SHOWN_DIGITS = 12
const THREAD = /^th_[0-9a-f]{64}$/u

/** A long id as tables show it; every command takes it, or more digits, or fewer. */
export function shortId(id: string): string {
  if (THREAD.test(id)) return id.slice(0, 'th_'.length + SHOWN_DIGITS)
  return /^[0-9a-f]{64}$/u.test(id) ? id.slice(0, SHOWN_DIGITS) : id
}
