import { DEFAULT_NAMESPACE } from '../../../protocol/identity/namespace-name.ts'
import { shellWord } from '../../problem/shell-word.ts'
import { isDaemonThread } from '../../store/daemon-threads.ts'
import { CliError } from '../cli-error.ts'
import { collectPages } from '../client/collect-pages.ts'
import type { DaemonClient } from '../client/daemon-client.ts'

const MEMBER = '"namespace":'

interface Named {
  readonly thread?: string
  readonly body?: { readonly namespace?: unknown }
}

/** Namespaces that the records of an export name: a home that lacks one refuses all of their threads. */
export class NamedNamespaces {
  readonly #names = new Set<string>()

  /** @param raw lines of records whose form and signature were checked */
  see(raw: Uint8Array): void {
    const text = Buffer.from(raw.buffer, raw.byteOffset, raw.length)
    if (!text.includes(MEMBER)) return
    for (const line of text.toString().split('\n')) {
      if (!line.includes(MEMBER)) continue
      const { record } = JSON.parse(line) as { record?: Named }
      const name = record?.body?.namespace
      if (typeof name !== 'string' || name === DEFAULT_NAMESPACE) continue
      if (!isDaemonThread(record?.thread ?? '')) this.#names.add(name)
    }
  }

  /**
   * Asks for those that are missing, before anything is sent. Whoever may not list namespaces learns it line by line.
   *
   * @throws CliError NAMESPACE_UNKNOWN
   */
  async require(client: DaemonClient): Promise<void> {
    if (this.#names.size === 0) return
    const all = Number.POSITIVE_INFINITY
    const here = await collectPages<{ name: string }>(client, '/v1/namespaces', all).catch(
      () => undefined,
    )
    if (here === undefined) return
    const known = new Set(here.data.map(({ name }) => name))
    const missing = [...this.#names].filter((name) => !known.has(name)).toSorted()
    if (missing.length === 0) return
    throw new CliError(
      'NAMESPACE_UNKNOWN',
      `nothing was sent: there is no namespace ${missing.join(', ')} there`,
      `make what is missing: ${missing.map((name) => `spl namespace create ${shellWord(name)}`).join(' && ')}`,
    )
  }
}
