const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `12.3 MiB`. */
export function bytesText(count: number): string {
  let value = count
  let unit = 0
  for (; value >= 1024 && unit < UNITS.length - 1; unit += 1) value /= 1024
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`
}
