import { RECIPE_NAMES, type RecipeName } from './recipe/recipe.ts'

/** Who is to reach the daemon: the rows of the guide's decision matrix. */
export const USE_CASES = ['phone', 'second-machine', 'browser', 'peer', 'team', 'nobody'] as const
export type UseCase = (typeof USE_CASES)[number]

/** How they get there. `loopback` is no way in at all; the last four are other people's programs in front of loopback. */
export const WAYS = ['loopback', 'lan', 'tailnet', 'gateway', ...RECIPE_NAMES] as const
export type Way = (typeof WAYS)[number]

export function isProxy(way: Way): way is RecipeName {
  return (RECIPE_NAMES as readonly Way[]).includes(way)
}

/** A row of the matrix. */
interface Row {
  readonly title: string
  /** The ways that are right for it, the recommended one first. */
  readonly ways: readonly [Way, ...Way[]]
  readonly why: string
}

/** The decision matrix of the guide, with the gateway where the guide has a proxy or a tunnel. */
export const MATRIX: Readonly<Record<UseCase, Row>> = {
  phone: {
    title: 'A phone on the same Wi-Fi',
    ways: ['tailnet', 'lan', 'gateway'],
    why: 'a tailnet encrypts, also away from home; the Wi-Fi itself means plain HTTP',
  },
  'second-machine': {
    title: 'The command line on a second machine of yours',
    ways: ['tailnet', 'gateway', 'lan'],
    why: 'only machines in your tailnet can reach it',
  },
  browser: {
    title: 'A dashboard in the browser of this machine',
    ways: ['loopback'],
    why: 'the page calls this machine directly: only its origin is allowed, and no port is opened',
  },
  peer: {
    title: 'A federation peer, or a page, elsewhere on the internet',
    ways: ['gateway', 'caddy', 'nginx', 'traefik', 'cloudflared'],
    why: 'the gateway needs no open port and checks every bearer token before it reaches your line',
  },
  team: {
    title: 'An instance that a team shares',
    ways: ['caddy', 'nginx', 'traefik', 'gateway', 'cloudflared', 'tailnet'],
    why: 'TLS in front of loopback, reachable only from the private network of the team',
  },
  nobody: {
    title: 'Nobody: one laptop',
    ways: ['loopback'],
    why: 'nothing is reachable from outside',
  },
}
