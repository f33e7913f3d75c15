import type { Answer, Way } from './access-table-routes.ts'

export interface FirstAccountRow {
  /** What `Authorization` holds, once for each. */
  readonly shows: string
  readonly ways: Readonly<Record<Way, Answer>>
}

/**
 * `POST /v1/bootstrap/service-account` of a daemon that was started with `SPL_BOOTSTRAP_TOKEN` and has no account
 * yet. Written by hand, as `ROUTES` is.
 */
export const FIRST_ACCOUNT = [
  door('nothing', '401 AUTH_REQUIRED'),
  door('another token', '401 AUTH_INVALID'),
  door('the token twice', '400 INVALID_HEADERS'),
  door('the token', '201'),
] as const satisfies readonly FirstAccountRow[]

function door<const Name extends string>(shows: Name, loopback: Answer) {
  const away = '403 LOCAL_ONLY'
  const ways = { socket: '201', loopback, network: away, proxy: away, tunnel: away } as const
  return { shows, ways }
}
