import type { EndedListFailure } from '../access/ended/ended-book.ts'
import type { BackupReport } from './backups.ts'
import type { BackupReason, Manifest } from './manifest.ts'
import type { OffsiteReport } from './offsite/offsite.ts'
import type { FoundBackup } from './read-backups.ts'

/** A backup as the API and `--json` tell of it; times are Unix times in seconds. All but its name and size is null with a fault. */
export interface BackupView {
  readonly object: 'backup'
  readonly name: string
  readonly bytes: number
  readonly reason: BackupReason | null
  readonly created_at: number | null
  readonly records: number | null
  readonly epoch: string | null
  readonly head_id: string | null
  readonly schema: number | null
  readonly sha256: string | null
  /** Why it does not count. */
  readonly fault: string | null
}

export function viewOfManifest(manifest: Manifest): BackupView {
  const { name, bytes, reason, made_at, records, epoch, head_id, schema, sha256 } = manifest
  const facts = { reason, created_at: seconds(made_at), records, epoch, head_id, schema, sha256 }
  return { object: 'backup', name, bytes, ...facts, fault: null }
}

function viewOfFound(found: FoundBackup): BackupView {
  if (found.manifest !== undefined) return viewOfManifest(found.manifest)
  const { name, bytes, fault } = found
  const nothing = { reason: null, created_at: null, records: null, epoch: null, head_id: null }
  return { object: 'backup', name, bytes, ...nothing, schema: null, sha256: null, fault }
}

/** The list of backups, and what the schedule says; `report` is undefined where no daemon runs. */
export function viewOfList(
  found: readonly FoundBackup[],
  report?: BackupReport,
  offsite?: OffsiteReport,
  endedList?: EndedListFailure,
) {
  const { every = null, keep = null, nextAt, failure } = report ?? {}
  return {
    object: 'list',
    data: found.map(viewOfFound),
    has_more: false,
    next_cursor: null,
    every_seconds: every,
    keep,
    next_at: nextAt === undefined ? null : seconds(nextAt),
    failure: failure === undefined ? null : viewOfFailure(failure),
    offsite: offsite === undefined ? null : viewOfOffsite(offsite),
    ended_list_failure: endedList === undefined ? null : viewOfFailure(endedList),
  } as const
}

export type BackupListView = ReturnType<typeof viewOfList>

/** Where backups go too. */
function viewOfOffsite({ to, sending, names, newest, failure }: OffsiteReport) {
  return {
    to,
    sending,
    names,
    newest: newest?.name ?? null,
    failure: failure === undefined ? null : viewOfFailure(failure),
  } as const
}

function viewOfFailure({
  code,
  message,
  try: next,
  at,
}: NonNullable<BackupReport['failure']> | EndedListFailure) {
  return { code, message, try: next, at: seconds(at) }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
