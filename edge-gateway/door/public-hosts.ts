const NAME = String.raw`(?:\*\.)?[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\]`
const ENTRY = new RegExp(`^(?:\\*|(${NAME})(?::([0-9]{1,5}|\\*))?)$`)
const ANYTHING = '*'
const PORT = /:([0-9]{1,5}|\*)$/

/**
 * The hosts that a gateway is reached by (`PUBLIC_HOSTNAMES`), for what is signed: a signature names the host that its
 * signer meant to speak to, and where any `Host` arrives, a stranger could pass on one that was meant for them.
 *
 * An entry is a name, `name:port` where the port is not the scheme's own, or `*.name` for one level below; `name:*` is
 * for a name that is forwarded from ports that nobody knows beforehand. `*` is for
 * where somebody else sees to it that no foreign host arrives, as Cloudflare does.
 */
export class PublicHosts {
  readonly #entries: ReadonlySet<string>
  readonly #ports: ReadonlySet<string>

  private constructor(entries: readonly string[]) {
    this.#entries = new Set(entries)
    this.#ports = new Set(entries.map(portOf))
  }

  /** Undefined for a text with an entry that is none, or without any. */
  static parse(text: string): PublicHosts | undefined {
    const entries = text
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((entry) => entry !== '')
    if (entries.length === 0 || !entries.every((entry) => ENTRY.test(entry))) return undefined
    return new PublicHosts(entries.map(normal))
  }

  /** @param authority host, or host:port, as the request has it */
  includes(authority: string): boolean {
    if (this.#entries.has(ANYTHING)) return true
    const host = normal(authority.toLowerCase())
    const anyPort = `${host.replace(PORT, '')}:*`
    return this.#has(host) || this.#has(anyPort)
  }

  /**
   * The same for a hostname that a registry has given out, which need not be in the list: only its port must.
   * A name on another port may be another gateway.
   */
  includesPort(authority: string): boolean {
    const port = portOf(normal(authority.toLowerCase()))
    const any = this.#entries.has(ANYTHING) || this.#ports.has('*')
    return port === '' || any || this.#ports.has(port)
  }

  /** The name itself, or any of its level. */
  #has(host: string): boolean {
    const dot = host.indexOf('.')
    return this.#entries.has(host) || (dot > 0 && this.#entries.has(`*${host.slice(dot)}`))
  }
}

/** `@authority` (RFC 9421, section 2.2.3): without the default port, which is that of https for everything public. */
function normal(authority: string): string {
  return authority.replace(/:443$/, '')
}

function portOf(authority: string): string {
  return PORT.exec(authority)?.[1] ?? ''
}
