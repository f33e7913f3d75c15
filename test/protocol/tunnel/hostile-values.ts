const PIECES = [
  '\r\n',
  '\n',
  '\0',
  '\t',
  ' ',
  '\u007f',
  '\u0080',
  '\u00ff',
  '\u20ac',
  '\u2028',
  '\u202e',
  '\ufeff',
  '\ud800',
  '\udfff',
  '\u{1f375}',
  '"',
  "'",
  '\\',
  '/',
  '//',
  '..',
  '%2e',
  '%',
  '%zz',
  '?',
  '#',
  '@',
  ':',
  ';',
  ',',
  '[',
  ']',
  '[::1]',
  '{',
  '}',
  '<',
  '>',
  '*',
  '__proto__',
  'constructor',
  'x-spl-resume',
  'Host',
  'content-length',
  '1e3',
  '-1',
  '0x10',
  '99999999999999999999',
  'a',
  'Z',
  '0',
  '-',
  '_',
  '~',
  'xn--',
  'GET',
  'get',
  'websocket',
] as const

const LENGTHS = [1, 2, 45, 64, 128, 129, 253, 254, 270, 1024, 4097, 16_385, 65_537] as const

type Random = () => number

export function oneOf<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T
}

export function hostileText(random: Random, good: string): string {
  const kind = random()
  if (kind < 0.1) return ''
  if (kind < 0.105) return oneOf(random, PIECES).repeat(oneOf(random, LENGTHS))
  if (kind < 0.5) return oneOf(random, PIECES) + oneOf(random, PIECES)
  const at = Math.floor(random() * (good.length + 1))
  if (kind < 0.9) return good.slice(0, at) + oneOf(random, PIECES) + good.slice(at)
  return good.slice(0, at)
}

/** A value that a careless reader would trip over, of any type. */
export function hostileValue(random: Random, good: unknown = ''): unknown {
  const kind = random()
  if (kind < 0.55) return hostileText(random, typeof good === 'string' ? good : 'a')
  if (kind < 0.7)
    return oneOf(random, [
      0,
      -0,
      -1,
      0.5,
      1e21,
      2 ** 31,
      2 ** 53,
      -(2 ** 53),
      5e-324,
      1.7976931348623157e308,
      101,
      99,
      600,
    ])
  if (kind < 0.78) return oneOf(random, [null, true, false])
  if (kind < 0.86)
    return Array.from({ length: random() < 0.02 ? 257 : oneOf(random, [0, 1, 2]) }, () =>
      hostileText(random, 'a'),
    )
  if (kind < 0.93) return hostileFields(random)
  return { [hostileText(random, 'a')]: hostileText(random, 'a'), length: 1 }
}

/** A header list, or what looks like one. */
export function hostileFields(random: Random): unknown {
  const names = [
    'accept',
    'content-length',
    'authorization',
    'host',
    'cookie',
    'sec-websocket-protocol',
    'x-spl-resume',
  ]
  return Array.from({ length: random() < 0.01 ? 300 : oneOf(random, [0, 1, 2, 3]) }, () => {
    const name = random() < 0.6 ? oneOf(random, names) : hostileText(random, 'x-a')
    const value = random() < 0.5 ? '1' : hostileText(random, 'b')
    const shape = random()
    if (shape < 0.85) return [name, value]
    return shape < 0.9 ? [name] : shape < 0.95 ? [name, value, value] : name
  })
}
