/** Settings of the Worker and its object, and where workerd listens. All paths are absolute or relative to the config file. */
export interface WorkerdConfig {
  /** Address to bind: `unix:<path>`, or `host:port`; port 0 lets the system choose. */
  readonly address: string
  /** Path of the bundled Worker, relative to the config file. */
  readonly worker: string
  readonly compatibilityDate: string
  /** Absolute directory of the object's SQLite files. */
  readonly storage: string
  /** Names the namespace on disk. Losing it orphans every stored object, so it is made once and kept. */
  readonly uniqueKey: string
  /** The one owner, or the admin of the registry that assigns hostnames. */
  readonly ownerDid?: string
  readonly adminDid?: string
  /** The hosts, `name` or `name:port`, under which it can be reached. */
  readonly publicHostnames: readonly string[]
  readonly clientAddressHeader?: string
  /** Requests of one client address per minute, and those without a valid bearer; the Worker's defaults if absent. */
  readonly addressRequestsPerMinute?: number
  readonly strangerRequestsPerMinute?: number
  /** Header in which the front passes the scheme of the client's request. */
  readonly schemeHeader?: string
  /** Flags of the runtime's JavaScript engine, for measurements. */
  readonly v8Flags?: readonly string[]
}

/**
 * The Cap'n Proto text that workerd is started with: one Worker, its SQLite-backed object classes on disk,
 * one socket. Shape: https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp
 */
export function workerdConfig(config: WorkerdConfig): string {
  const several = config.adminDid !== undefined
  const bindings = [
    ...variables({
      OWNER_DID: config.ownerDid,
      ADMIN_DID: config.adminDid,
      PUBLIC_HOSTNAMES: config.publicHostnames.join(','),
      CLIENT_ADDRESS_HEADER: config.clientAddressHeader,
      ADDRESS_REQUESTS_PER_MINUTE: config.addressRequestsPerMinute,
      STRANGER_REQUESTS_PER_MINUTE: config.strangerRequestsPerMinute,
    }),
    '(name = "TUNNEL", durableObjectNamespace = "TunnelObject")',
    ...(several ? ['(name = "REGISTRY", durableObjectNamespace = "RegistryObject")'] : []),
  ]
  const namespaces = [
    namespace('TunnelObject', config.uniqueKey),
    ...(several ? [namespace('RegistryObject', `${config.uniqueKey}-registry`)] : []),
  ]
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "gateway", worker = .gateway),
    (name = "storage", disk = (path = ${quote(config.storage)}, writable = true))
  ],
  sockets = [(name = "public", address = ${quote(config.address)}, ${transport(config.schemeHeader)}, service = "gateway")]${v8Flags(config.v8Flags ?? [])}
);

const gateway :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed ${quote(config.worker)})],
  compatibilityDate = ${quote(config.compatibilityDate)},
  durableObjectNamespaces = [
    ${namespaces.join(',\n    ')}
  ],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [
    ${bindings.join(',\n    ')}
  ]
);
`
}

function namespace(className: string, uniqueKey: string): string {
  return `(className = "${className}", uniqueKey = ${quote(uniqueKey)}, enableSql = true)`
}

function variables(values: Readonly<Record<string, string | number | undefined>>): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`(name = "${name}", text = ${quote(String(value))})`],
  )
}

function v8Flags(flags: readonly string[]): string {
  return flags.length === 0 ? '' : `,\n  v8Flags = [${flags.map(quote).join(', ')}]`
}

function transport(schemeHeader: string | undefined): string {
  return schemeHeader === undefined
    ? 'http = ()'
    : `http = (forwardedProtoHeader = ${quote(schemeHeader)})`
}

/** A Cap'n Proto text literal. Every value is checked, or a path of ours, before it comes here. */
function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/gu, String.raw`\$&`).replaceAll('\n', String.raw`\n`)}"`
}
