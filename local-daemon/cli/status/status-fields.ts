import { reachText } from '../output/reach-text.ts'
import { searchText } from '../client/search-now.ts'
import { bytesText } from '../../problem/bytes-text.ts'
import { localTime } from '../output/local-time.ts'
import { fields } from '../output/table.ts'
import { exposureText } from '../serve/exposure.ts'
import { backupsText } from './backups-now.ts'
import { IN_MEMORY } from '../serve/ready-report.ts'
import { linkRows } from '../tunnel/link-rows.ts'
import type { Status } from './status-report.ts'

/** The status for people. */
export function statusFields(status: Status): string {
  return fields([
    ['Status', status.status.replace('_', ' ')],
    ['Version', status.version ?? undefined],
    ['Identity', status.instance_did ?? undefined],
    ['Address', status.address ?? undefined],
    ['Exposure', status.exposure === null ? undefined : exposureText(status.exposure)],
    ['Account', status.account?.service_account_id ?? undefined],
    ['Scopes', status.account?.scopes.join(', ')],
    ['Reach', reachText(status.account?.reach)],
    ['Gateway', status.gateway ?? undefined],
    ['Public', publicly(status)],
    ...(status.link?.configured ? linkRows(status.link) : []),
    ['Socket', status.socket ?? undefined],
    ['Store', status.store ?? (status.in_memory ? IN_MEMORY : undefined)],
    ['Store size', sizeText(status.store_size)],
    ['Store problem', status.store_problem?.code],
    ['Store changed', status.lineage_broken ?? undefined],
    ['Search', searchText(status.search)],
    ['Backups', backupsText(status.backups)],
    ['Auth', authText(status)],
    ['Home', status.home ?? undefined],
    ['Service', status.supervisor ?? undefined],
    ['Login', shadowed(status)],
    ['PID', status.pid?.toString()],
    [
      'Started',
      status.started_at === null ? undefined : localTime(Date.parse(status.started_at) / 1000),
    ],
  ])
}

function sizeText(size: Status['store_size']): string | undefined {
  if (size === null) return undefined
  const { total_bytes, used_bytes, wal_bytes, ceiling_bytes, over_ceiling } = size
  const ceiling = ceiling_bytes === null ? '' : `; ceiling ${bytesText(ceiling_bytes)}`
  const full = over_ceiling
    ? `, reached by ${bytesText(used_bytes)} in use: it takes no records`
    : ''
  const log = `of it ${bytesText(wal_bytes)} write-ahead log`
  return `${bytesText(total_bytes)}, ${log}${ceiling}${full}`
}

function shadowed({ shadowed_login: url }: Status): string | undefined {
  if (url === null) return undefined
  return `${url} is not used, because this home has its own daemon. For the other one: SPL_SERVE_URL=${url} spl status`
}

function authText({ auth_required, insecure_localhost }: Status): string | undefined {
  if (auth_required === null) return undefined
  if (insecure_localhost === true) return 'off on loopback: --insecure-localhost'
  return auth_required ? 'bearer tokens required' : 'off on loopback: auth_required is false'
}

function publicly({ reachable, unreachable_reason }: Status): string | undefined {
  if (reachable === null) return undefined
  return reachable ? 'reachable (tested end to end)' : `not reachable: ${unreachable_reason}`
}
