import { randomBytes } from 'node:crypto'
import { closest } from '../../../protocol/http/closest.ts'
import {
  DEFAULT_NAMESPACE,
  isInNamespace,
  isNamespaceName,
  namespacesAbove,
} from '../../../protocol/identity/namespace-name.ts'
import type { Reach } from '../../../protocol/identity/reach.ts'
import { hasScope, type Scope } from '../../../protocol/identity/scopes.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { collectPages } from '../client/collect-pages.ts'
import type { DaemonClient } from '../client/daemon-client.ts'
import type { LinePlace } from './line-place.ts'
import { listedNames, type MissingName, missingNames } from './missing-names.ts'
import { sendLines } from './send-lines.ts'

/** Names that are asked for; a home has fewer namespaces. */
const NAMES_MAX = 1_001
/** What the daemon says helps where a namespace is missing. */
const CREATE = /spl namespace create (\S+)$/u

interface Caller {
  readonly scopes: readonly string[]
  readonly reach?: Reach | null
}

/**
 * What an import needs at the home that it goes to: scopes, reach and namespaces. To be asked for before lines are sent, as
 * otherwise the daemon would refuse each of them by itself.
 */
export class ImportNeeds {
  readonly #client: DaemonClient
  readonly #scopes: readonly string[]
  readonly #reach: Reach | undefined
  /** With the line that names it first; undefined if the record is signed, or an earlier call saw it. */
  readonly #names = new Map<string, number | undefined>()
  readonly #found = new Set<string>([DEFAULT_NAMESPACE])
  readonly #unreached = new Set<string>()
  #bringsSigned = false

  private constructor(client: DaemonClient, { scopes, reach }: Caller) {
    this.#client = client
    this.#scopes = scopes
    this.#reach = reach ?? undefined
  }

  /** @throws CliError what the daemon refuses the caller with */
  static async of(client: DaemonClient): Promise<ImportNeeds> {
    return new ImportNeeds(client, await client.get<Caller>('/v1/identity'))
  }

  /** Namespaces that were seen. */
  get names(): readonly string[] {
    return [...this.#names.keys()]
  }

  /**
   * A line is to be sent.
   *
   * @param line its number, from 1
   */
  see({ thread, namespace, isSigned }: LinePlace, line?: number): void {
    this.#bringsSigned ||= isSigned
    if (namespace === undefined) return
    if (this.#reaches(namespace)) this.seeName(namespace, isSigned ? undefined : line)
    else if (this.#reach?.threads.includes(thread ?? '') !== true) add(this.#unreached, namespace)
  }

  /** The same of lines that an earlier call saw. */
  seeName(namespace: string, line?: number): void {
    if (!this.#reaches(namespace)) return
    if (this.#names.size < NAMES_MAX && !this.#names.has(namespace))
      this.#names.set(namespace, line)
  }

  /**
   * Checks it for all lines that were seen.
   *
   * @param isBegun whether some were sent before
   * @throws CliError SCOPE_FORBIDDEN, REACH_FORBIDDEN, NAMESPACE_UNKNOWN
   */
  async require(signal: AbortSignal, isBegun = false): Promise<void> {
    const unsent = isBegun ? 'nothing more was sent' : 'nothing was sent'
    this.requireScopes(this.#bringsSigned, unsent)
    if (this.#unreached.size > 0) throw outOfReach(unsent, [...this.#unreached].toSorted())
    const asked = this.#withThoseAbove().filter((name) => !this.#found.has(name))
    if (asked.length === 0) return
    const missing = await this.#missing(asked, signal)
    if (missing.length > 0) throw missingNames(unsent, missing)
    for (const name of asked) this.#found.add(name)
  }

  /** @throws CliError SCOPE_FORBIDDEN */
  requireScopes(bringsSigned: boolean, unsent = 'nothing was sent'): void {
    const needed: Scope[] = bringsSigned
      ? ['records:write', 'federation:manage']
      : ['records:write']
    const lacking = needed.filter((scope) => !hasScope(this.#scopes, scope))
    if (lacking.length === 0) return
    throw new CliError(
      'SCOPE_FORBIDDEN',
      `${unsent}: the token lacks ${lacking.join(' and ')}`,
      `use a token of an account with ${needed.join(' and ')}: spl service-account create --help`,
      EXIT_CODE.refused,
    )
  }

  #reaches(namespace: string): boolean {
    const reach = this.#reach
    return reach === undefined || reach.namespaces.some((name) => isInNamespace(namespace, name))
  }

  /** One is made only below those above it. */
  #withThoseAbove(): readonly string[] {
    const all = this.names.flatMap((name) => [...namespacesAbove(name), name])
    return [...new Set(all)].filter((name) => this.#reaches(name)).toSorted()
  }

  async #missing(names: readonly string[], signal: AbortSignal): Promise<readonly MissingName[]> {
    const mayList = (['records:read', 'config:read'] as const).some((scope) =>
      hasScope(this.#scopes, scope),
    )
    if (!mayList) {
      const missing = await this.#missingByTrial(names, signal)
      return missing.map((name) => ({ name, line: this.#names.get(name), meant: undefined }))
    }
    const all = Number.POSITIVE_INFINITY
    const here = await collectPages<{ name: string }>(this.#client, '/v1/namespaces', all)
    const known = new Set(here.data.map(({ name }) => name))
    return names
      .filter((name) => !known.has(name))
      .map((name) => {
        const line = this.#names.get(name)
        // Of a signed record the exporter's daemon says where it is: no slip of a hand.
        return { name, line, meant: line === undefined ? undefined : closest(name, [...known]) }
      })
  }

  /** Who may only write asks what would become of a new thread there. */
  async #missingByTrial(names: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const lines = names.map((namespace) => {
      const thread = `th_${randomBytes(16).toString('hex')}`
      return Buffer.from(JSON.stringify({ thread, act: 'KNOW', body: { namespace } }))
    })
    const outcomes = await sendLines(this.#client, '/v1/records?dry_run=true', lines, { signal })
    const missing = outcomes.flatMap(({ code, try: next }) => {
      const [, name] = (code === 'NAMESPACE_REJECTED' && next?.match(CREATE)) || []
      return name !== undefined && isNamespaceName(name) ? [name] : []
    })
    return [
      ...new Set([
        ...missing,
        ...names.filter((name) => missing.some((above) => isInNamespace(name, above))),
      ]),
    ].toSorted()
  }
}

function add(names: Set<string>, name: string): void {
  if (names.size < NAMES_MAX) names.add(name)
}

function outOfReach(unsent: string, names: readonly string[]): CliError {
  return new CliError(
    'REACH_FORBIDDEN',
    `${unsent}: the token does not reach ${listedNames(names)}`,
    'export what it reaches: spl export --namespace <name>; or use a token that reaches more',
  )
}
