import type { CliError } from '../cli-error.ts'
import { makeRecipe } from './recipe/make-recipe.ts'
import { missingSettings } from './recipe/settings-of.ts'
import type { Recipe, RecipeName, RecipeSetting } from './recipe/recipe.ts'
import { nextOf } from './next-steps.ts'
import type { GatewayChoice, Plan, Step } from './plan.ts'
import {
  unfit,
  originMissing,
  hostnameMissing,
  gatewayMissing,
  noTailnet,
  noLan,
} from './plan-refusals.ts'
import { isProxy, MATRIX, type Way } from './use-case.ts'
import type { Present, Wish } from './wish.ts'
import { shellPath, shellWord } from '../../problem/shell-word.ts'

const LOOPBACK = '127.0.0.1'

/**
 * Turns a wish into steps: only those that are not done yet. Pure: nothing is touched.
 *
 * @throws CliError EXPOSE_WAY_UNFIT, EXPOSE_NO_TAILNET, EXPOSE_NO_LAN, EXPOSE_HOSTNAME_MISSING, EXPOSE_GATEWAY_MISSING,
 * EXPOSE_ORIGIN_MISSING, and what a recipe refuses
 */
export function makePlan(wish: Wish, present: Present): Plan {
  const { use, origins } = wish
  const way = wish.way ?? chosenWay(wish, present)
  if (!MATRIX[use].ways.includes(way)) throw unfit(wish, way)
  if (use === 'browser' && origins.length === 0) throw originMissing()
  const host = hostOf(way, present)
  const gateway = gatewayOf(wish, way, present)
  const recipe = isProxy(way) ? recipeOf(way, wish, present) : undefined
  const url = urlOf({ way, host, gateway, wish, present })
  return {
    use,
    way,
    url,
    steps: [
      ...startSteps(present),
      ...settingSteps(wish, way, recipe, present),
      ...restartSteps(host, gateway, present),
      ...recipeSteps(recipe, wish),
    ],
    warnings: warningsOf(way, recipe),
    next: nextOf(use, url ?? addressOn(host, present)),
  }
}

/** The recommended way, unless it cannot be gone here and another one can without anything to install. */
function chosenWay({ use, gateway, hostname }: Wish, { addresses, running }: Present): Way {
  const { ways } = MATRIX[use]
  if (gateway !== undefined && ways.includes('gateway')) return 'gateway'
  if (hostname !== undefined) return ways.find(isProxy) ?? ways[0]
  if (ways[0] === 'tailnet' && addresses.tailnet.length === 0 && running?.gateway) {
    return 'gateway'
  }
  return ways[0]
}

function hostOf(way: Way, { addresses }: Present): string {
  if (way === 'tailnet') return addresses.tailnet[0] ?? raise(noTailnet())
  if (way === 'lan') return addresses.lan[0] ?? raise(noLan())
  return LOOPBACK
}

/** A gateway that is connected stays, except where nobody is to get in. */
function gatewayOf({ use, gateway }: Wish, way: Way, present: Present): GatewayChoice | null {
  if (use === 'nobody') return null
  const { running, lastGateway } = present
  const connected = (running === undefined ? lastGateway : running.gateway) ?? null
  if (way !== 'gateway') return connected
  return gateway ?? connected ?? raise(gatewayMissing())
}

function recipeOf(way: RecipeName, wish: Wish, present: Present): Recipe {
  const { hostname, certificate, certificateKey } = wish
  if (hostname === undefined) throw hostnameMissing(way)
  return makeRecipe(way, {
    hostname,
    url: addressOn(LOOPBACK, present),
    ...(certificate !== undefined && { certificate }),
    ...(certificateKey !== undefined && { certificateKey }),
  })
}

interface Chosen {
  readonly way: Way
  readonly host: string
  readonly gateway: GatewayChoice | null
  readonly wish: Wish
  readonly present: Present
}

function urlOf({ way, host, gateway, wish, present }: Chosen): string | null {
  if (way === 'loopback') return null
  if (way === 'gateway') return gateway?.url ?? null
  return isProxy(way) ? `https://${wish.hostname?.toLowerCase()}` : addressOn(host, present)
}

function addressOn(host: string, { port }: Present): string {
  return `http://${host}:${port}`
}

function settingSteps(
  { use, origins }: Wish,
  way: Way,
  recipe: Recipe | undefined,
  { settings }: Present,
): Step[] {
  const wanted: RecipeSetting[] = recipe
    ? [...recipe.settings]
    : [{ key: 'auth_required', value: true }]
  if (way === 'gateway') {
    wanted.push(
      { key: 'strict_actor_header', value: true },
      { key: 'strict_impersonation_enforcement', value: true },
    )
  }
  const steps = missingSettings(wanted, settings).map(({ key, value }): Step => ({
    do: 'set',
    key,
    value,
    why: WHY[key],
  }))
  if (use === 'nobody') return [...steps, ...closingSteps(settings)]
  const now = settings.auth_cors_origins ?? []
  const all = [...new Set([...now, ...origins])]
  if (all.length === now.length) return steps
  const why = 'only these pages may call from a browser'
  return [...steps, { do: 'set', key: 'auth_cors_origins', value: all, why }]
}

const CLOSED_LISTS = [
  { key: 'auth_cors_origins', why: 'no web page of another origin may call' },
  { key: 'allowed_hosts', why: 'requests for other names are refused' },
  { key: 'trusted_proxies', why: 'no proxy may say who the client is' },
] as const

/** Takes back what let others in. */
function closingSteps(settings: Present['settings']): Step[] {
  return CLOSED_LISTS.filter(({ key }) => (settings[key] ?? []).length > 0).map(({ key, why }) => ({
    do: 'set',
    key,
    value: [],
    why,
  }))
}

const WHY: Readonly<Record<RecipeSetting['key'], string>> = {
  auth_required: 'every request needs a bearer token',
  allowed_hosts: 'requests for this name are accepted; any other name is refused',
  trusted_proxies: 'only the proxy may say who the client is',
  strict_actor_header: 'a request may name another actor only if its token allows it',
  strict_impersonation_enforcement:
    'an admin’s bearer token acts only as itself and the actors on its list',
}

/** On loopback and without a gateway: nobody gets in before the settings hold. */
function startSteps({ running }: Present): Step[] {
  return running === undefined ? [{ do: 'start', why: 'no daemon runs yet' }] : []
}

function restartSteps(host: string, gateway: GatewayChoice | null, { running }: Present): Step[] {
  const bound = running === undefined ? LOOPBACK : new URL(running.address).hostname
  const moved = bound !== host && !(host === LOOPBACK && bound === '[::1]')
  const rehomed = (running?.gateway?.url ?? null) !== (gateway?.url ?? null)
  if (!moved && !rehomed) return []
  const why = [
    ...(moved ? [`listen on ${host}, not on ${bound}`] : []),
    ...(rehomed
      ? [gateway === null ? 'disconnect from its gateway' : `connect to ${gateway.url}`]
      : []),
  ].join('; ')
  return [{ do: 'restart', ...(moved && { host }), ...(rehomed && { gateway }), why }]
}

function recipeSteps(recipe: Recipe | undefined, wish: Wish): Step[] {
  if (recipe === undefined) return []
  const { name, files, commands } = recipe
  const printedBy = printCommand(name, wish)
  return [
    ...files.map(({ path, content }): Step => ({
      do: 'write',
      file: path,
      content,
      printedBy: `${printedBy}${SAVED[name](path)}`,
      why: `${name} reads it`,
    })),
    { do: 'person', commands, why: `spl does not start ${name}` },
  ]
}

/** How the shell puts a text where it belongs. A file that other sites share is added to, or left to its owner. */
const SAVED: Readonly<Record<RecipeName, (path: string) => string>> = {
  caddy: (path) => ` | sudo tee -a ${shellPath(path)}`,
  nginx: (path) => ` | sudo tee ${shellPath(path)}`,
  traefik: () => '',
  cloudflared: () => '',
}

function printCommand(name: RecipeName, { hostname, certificate, certificateKey }: Wish): string {
  const tls = certificate === undefined ? '' : ` --tls-cert ${shellPath(certificate)}`
  const key = certificateKey === undefined ? '' : ` --tls-key ${shellPath(certificateKey)}`
  return `spl expose --print ${name} --hostname ${shellWord(hostname ?? '<hostname>')}${tls}${key}`
}

function warningsOf(way: Way, recipe: Recipe | undefined): readonly string[] {
  if (way === 'lan') {
    return [
      'Plain HTTP: anyone on this Wi-Fi can read the bearer tokens and the records. A tailnet encrypts them.',
      'The address of this machine may change: assign a fixed one in the router.',
    ]
  }
  if (way === 'tailnet')
    return ['Everyone in your tailnet can send requests; limit that with its access rules.']
  return recipe?.notes ?? []
}

function raise(error: CliError): never {
  throw error
}
