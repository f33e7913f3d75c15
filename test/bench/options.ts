import { parseArgs } from 'node:util'

/** In the order in which they run. Memory first: what a process has grown to under load it does not give back. */
export const PARTS = [
  'stalled',
  'small',
  'append',
  'store',
  'million',
  'import',
  'bulk',
  'fairness',
  'events',
  'subscribers',
  'floor',
] as const
export type Part = (typeof PARTS)[number]

/** What a short run measures: it takes less than a minute. */
const SHORT = { parts: ['small', 'append', 'bulk'], rounds: '2', bulkRounds: 1, seconds: '1' }

export interface BenchOptions {
  readonly parts: readonly Part[]
  readonly rounds: number
  readonly bulkRounds: number
  readonly seconds: number
  readonly subscribers: number
  /** Instead: profiles the gateway and the daemon; the folder for `.cpuprofile` files, empty for none. */
  readonly profile?: string | undefined
  /** Instead: measures other ways to the same daemon, beside the gateway. */
  readonly peers: boolean
  /** Where their programs are, besides PATH. */
  readonly peersDirectory?: string | undefined
  /** File for the figures. */
  readonly json?: string | undefined
}

/** @throws Error for a part that there is none of, or an unknown option */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: withEmptyValue(args, '--profile'),
    options: {
      json: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      subscribers: { type: 'string', default: '5000' },
      only: { type: 'string' },
      profile: { type: 'string' },
      peers: { type: 'boolean', default: false },
      'peers-dir': { type: 'string' },
      short: { type: 'boolean', default: false },
    },
  })
  const rounds = values.rounds ?? (values.short ? SHORT.rounds : '3')
  const asked = values.only?.split(',') ?? (values.short ? SHORT.parts : PARTS)
  const unknown = asked.filter((part) => !(PARTS as readonly string[]).includes(part))
  if (unknown.length > 0) {
    throw new Error(`--only ${unknown.join(',')}: there are ${PARTS.join(', ')}`)
  }
  return {
    parts: PARTS.filter((part) => asked.includes(part)),
    rounds: Number(rounds),
    bulkRounds: values.short ? SHORT.bulkRounds : Number(rounds),
    seconds: Number(values.seconds ?? (values.short ? SHORT.seconds : '3')),
    subscribers: Number(values.subscribers),
    profile: values.profile,
    peers: values.peers,
    peersDirectory: values['peers-dir'],
    json: values.json,
  }
}

/** An option whose value may be left out: `--profile` alone is `--profile=`. */
function withEmptyValue(args: readonly string[], option: string): string[] {
  return args.map((arg, at) => {
    const isAlone = arg === option && (args[at + 1]?.startsWith('--') ?? true)
    return isAlone ? `${option}=` : arg
  })
}
