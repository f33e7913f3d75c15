const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
  TIB: 1024 ** 4,
}

/** A size as words of the command line: `20GiB`, `1.5 TiB`, `1048576`. Undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,16}(?:\.\d{1,3})?) ?([KMGT]iB|B)?$/iu.exec(text) ?? []
  const bytes = Math.round(Number(count) * (UNITS[unit.toUpperCase()] ?? Number.NaN))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
