import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import type { TunnelApp } from '../../../local-daemon/tunnel/tunnel-app.ts'
import { allowLoad } from '../../support/allow-load.ts'
import { aDraft } from '../../support/daemon/a-daemon.ts'
import { canMount, mountSmallDisk } from '../../support/daemon/small-disk.ts'

/** A real daemon for the injection harness: its app answers some of the streams. */
export interface RealApp extends AsyncDisposable {
  readonly app: TunnelApp
  /** The owner's. */
  readonly bearer: string
  /** A new bearer that may read and append, and the way to revoke it. */
  account(): Promise<{ readonly bearer: string; revoke(): Promise<unknown> }>
  /** Undefined where no disk of its own can be had. */
  readonly disk: { fill(): void; free(): void } | undefined
  /** Whether nothing is wrong with the store, as far as it knows. */
  isWell(): boolean
  /** @returns the id of a new record */
  append(): Promise<string>
  isStored(id: string): boolean
  /** Behind the newest record. */
  cursor(): string
}

const RECORDS = 60
const RECORD_BYTES = 20_000

/** With enough records that the whole list is a long answer. */
export async function aRealApp(): Promise<RealApp> {
  await using undo = new AsyncDisposableStack()
  const directory = mkdtempSync(join(tmpdir(), 'spl-inject-'))
  undo.defer(() => rmSync(directory, { recursive: true, force: true }))
  const home = join(directory, 'home')
  mkdirSync(home, { mode: 0o700 })
  const disk = canMount() ? undo.use(mountSmallDisk(home)) : undefined
  if (disk === undefined) {
    process.stderr.write('skipped: a full disk needs Linux and root\n')
    if (process.env['CI'] !== undefined) throw new Error('a full disk needs Linux and root')
  }
  const daemon = await startDaemon({ home, port: 0, logger: pino({ level: 'silent' }) })
  undo.defer(() => daemon.stop())
  await allowLoad(daemon)
  for (let n = 0; n < RECORDS; n += 1) {
    await daemon.store.append(aDraft({ body: { n, text: 'x'.repeat(RECORD_BYTES) } }))
  }
  const { accounts } = daemon.access
  const done = undo.move()
  return {
    app: daemon.app,
    bearer: daemon.adminBearer ?? '',
    async account() {
      const scopes = ['records:read', 'records:write'] as const
      const request = { name: 'reader', scopes: [...scopes], actors: [] }
      const { account, token } = await accounts.createWithToken(request, null)
      return { bearer: token, revoke: () => accounts.revokeAccount(account, null, () => {}) }
    },
    disk,
    isWell: () => daemon.store.trouble() === undefined,
    cursor: () => daemon.store.cursorAt(daemon.store.head()),
    append: async () => (await daemon.store.append(aDraft({ body: { n: RECORDS } }))).record.id,
    isStored: (id) => daemon.store.record(id) !== undefined,
    [Symbol.asyncDispose]: () => done.disposeAsync(),
  }
}
