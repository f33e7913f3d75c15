import type { HomeObject } from '../internal/home-object.ts'

/** What the deployment gives the Worker (wrangler.toml, or `spl gateway serve`). No secret is in it. */
export interface Env {
  /** did:key of the one instance that may connect; `spl status` prints it. Empty or absent: see `ADMIN_DID`. */
  readonly OWNER_DID?: string
  /** did:key of who gives out the hostnames of a gateway for several owners. Instead of `OWNER_DID`. */
  readonly ADMIN_DID?: string
  /**
   * Hosts that the gateway is reached by, separated by commas (public-hosts.ts). What a daemon or an admin has signed for
   * another is refused. `*` on Cloudflare, which lets no other host arrive here. Required.
   */
  readonly PUBLIC_HOSTNAMES?: string
  /**
   * Header that carries the client's address, set by a proxy that overwrites what a client claims.
   * `CF-Connecting-IP` on Cloudflare. Empty or absent: addresses are unknown.
   */
  readonly CLIENT_ADDRESS_HEADER?: string
  /** Seconds until a request without an answer's head fails with HEAD_TIMEOUT. Default 100. */
  readonly HEAD_TIMEOUT_SECONDS?: string
  /** Requests of one address per minute, where `ADDRESS_LIMIT` is not bound. Default 6000. */
  readonly ADDRESS_REQUESTS_PER_MINUTE?: string
  /** Of these without a good bearer, where `STRANGER_LIMIT` is not bound. Default 120. */
  readonly STRANGER_REQUESTS_PER_MINUTE?: string
  /** Cloudflare's counters of the same (wrangler.toml). Raw workerd has none: the Worker counts itself. */
  readonly ADDRESS_LIMIT?: RateLimit
  readonly STRANGER_LIMIT?: RateLimit
  /** Only with `ADMIN_DID`. What it can be asked only `registry/` knows. */
  readonly REGISTRY?: DurableObjectNamespace
  readonly TUNNEL: DurableObjectNamespace<HomeObject>
}
