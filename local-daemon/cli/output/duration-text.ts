const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const

/** Seconds as the command line takes them: `1d`, `90s`; `off` for none. */
export function durationText(seconds: number): string {
  if (seconds === 0) return 'off'
  const [unit, size] = UNITS.find(([, length]) => seconds % length === 0) ?? ['s', 1]
  return `${seconds / size}${unit}`
}
