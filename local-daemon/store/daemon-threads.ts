/** The thread of service accounts, tokens and invites, and of the records with which an identity takes over. */
export const ACCOUNTS_THREAD = 'th_service_accounts'
/** The thread of the settings. The newest valid record of a key replaces its whole value. */
export const CONFIG_THREAD = 'th_engine_config'
/** The threads of pairs of daemons, and of what each has agreed to send. */
export const PAIRS_THREAD = 'th_federation_pairs'
export const CONSENT_THREAD = 'th_consent'
/** The thread of the namespaces. Only the daemon writes its records. */
export const NAMESPACES_THREAD = 'th_namespace_registry'
/** What the names of threads begin with in which the daemon notes who did what. */
export const AUDIT_THREADS = 'th_audit_'

const NAMED: ReadonlySet<string> = new Set([
  ACCOUNTS_THREAD,
  CONFIG_THREAD,
  PAIRS_THREAD,
  CONSENT_THREAD,
  NAMESPACES_THREAD,
])

/**
 * Whether a thread is the daemon's own: accounts, settings, pairs, consent, namespaces, audit. They tell who may do what,
 * so only readers with the scope `admin` or `config:read` see them, and no reach includes them.
 */
export function isDaemonThread(thread: string): boolean {
  return NAMED.has(thread) || thread.startsWith(AUDIT_THREADS)
}

/** Whether the daemon alone writes to a thread: what it notes of accounts, namespaces and the audit. */
export function isWrittenByDaemon(thread: string): boolean {
  return (
    thread === ACCOUNTS_THREAD || thread === NAMESPACES_THREAD || thread.startsWith(AUDIT_THREADS)
  )
}
