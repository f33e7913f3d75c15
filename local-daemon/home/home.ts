import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The files of one daemon. Directories are 0700, files with state or secrets 0600. */
export interface Home {
  readonly root: string
  readonly database: string
  /** Remembers how far the store had come. Its name must not begin like the database's: people copy with `cp hub.db*`. */
  readonly lineage: string
  /** Remembers outside the store what was revoked, redeemed or redacted. */
  readonly ended: string
  readonly keys: string
  readonly instanceKey: string
  readonly run: string
  readonly socket: string
  readonly lockFile: string
  readonly pidFile: string
  /** How the daemon was started, and where it listens. */
  readonly runningFile: string
  readonly logs: string
  readonly logFile: string
  /** What a daemon in the background writes to stderr. */
  readonly errorLog: string
  readonly gateway: string
  /** Credentials of an S3 store, in the form of `~/.aws/credentials`: written by the owner. */
  readonly s3Credentials: string
  /** Which upload to an S3 store is not finished. */
  readonly uploadNote: string
  /** Copies of the store: made when needed. */
  readonly backups: string
}

/** The paths under one home directory. Touches nothing. */
export function homeAt(directory: string): Home {
  const root = resolve(directory)
  const keys = join(root, 'keys')
  const run = join(root, 'run')
  const logs = join(root, 'logs')
  return {
    root,
    database: join(root, 'hub.db'),
    lineage: join(root, 'store.state'),
    ended: join(root, 'ended.list'),
    keys,
    instanceKey: join(keys, 'instance.key'),
    run,
    socket: join(run, 'spl.sock'),
    lockFile: join(run, 'spl.lock'),
    pidFile: join(run, 'spl.pid'),
    runningFile: join(run, 'spl.json'),
    logs,
    logFile: join(logs, 'spl.log'),
    errorLog: join(logs, 'stderr.log'),
    gateway: join(root, 'gateway'),
    s3Credentials: join(root, 's3.credentials'),
    uploadNote: join(root, 'backup.upload'),
    backups: join(root, 'backups'),
  }
}

/** The home that the environment names: `SYNCROPEL_HOME`, else `~/.syncro`. */
export function resolveHome(env: Readonly<Record<string, string | undefined>>): Home {
  const named = env['SYNCROPEL_HOME']
  return homeAt(named === undefined || named === '' ? join(homedir(), '.syncro') : named)
}
