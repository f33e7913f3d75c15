import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import type { BackupListView, BackupView } from '../../backup/backup-view.ts'
import { CliError } from '../cli-error.ts'
import { type DaemonClient, daemonClient } from '../client/daemon-client.ts'
import { destinationOf } from '../client/destination.ts'
import { presenceOf } from '../client/presence.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { type GlobalOptions, homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, noteNext, print, printJson, warn } from '../output/output.ts'
import { showProgress, withProgress } from '../output/progress.ts'
import { backupFields } from './backup-text.ts'

/** Milliseconds that a daemon may take to copy and prove a large store without a word. */
const SILENCE_MS = 3_600_000
/** Milliseconds that a person waits to hear whether it is elsewhere too. */
const SENDING_MS = 10_000
const POLL_MS = 250

interface CreateOptions extends GlobalOptions {
  readonly recipient?: readonly string[]
  readonly out: string
}

export function addBackupCreate(backup: Command): void {
  backup
    .command('create')
    .description('copy the store and prove the copy; the daemon can keep running')
    .option('--recipient <age1…>', 'also write it encrypted to this recipient; repeatable', addText)
    .option('-o, --out <file>', 'that file, which must be new', 'spl-backup.age')
    .addHelpText(
      'after',
      examples(
        ['spl backup create', 'into backups/ of the home'],
        ['spl backup create --recipient age1… -o tea.age', 'and one to take along'],
        ['spl config set backup_every 1d', 'one each day instead, without asking'],
      ),
    )
    .action((_options: unknown, command: Command) => create(optionsOf<CreateOptions>(command)))
}

async function create(options: CreateOptions): Promise<void> {
  const { recipient: recipients, out } = options
  if (recipients !== undefined) return createSealed(options, recipients, out)
  const made = await makeOne(options)
  if (options.json) return printJson(made)
  print(backupFields(made))
  await noteSending(made.name, options)
}

/** Whether it goes elsewhere too: that is tried at once, behind it. A small one is there before this gives up waiting. */
async function noteSending(name: string, options: GlobalOptions): Promise<void> {
  const isHere = destinationOf(options).kind === 'home'
  if (isHere && (await presenceOf(homeOf(options))).state === 'absent') return
  const client = await daemonClient(options)
  const offsite = await withProgress('sending it elsewhere', options, () => sentSoon(client))
  if (offsite === null) return
  const { to, names, failure } = offsite
  if (names.includes(name)) note(`it is in ${to} too`)
  else if (failure === null) note(`it is sent to ${to}; spl backup list shows when it is there`)
  else {
    warn(`it is not in ${to}: ${failure.message} [${failure.code}]`)
    noteNext('try', failure.try ?? 'spl logs')
    note('it is tried again in a minute, and at once by spl backup create')
  }
}

/** What became of it, or how far it is after a while. */
async function sentSoon(client: Pick<DaemonClient, 'get'>): Promise<BackupListView['offsite']> {
  const deadline = performance.now() + SENDING_MS
  for (;;) {
    const { offsite = null } = await client.get<BackupListView>('/v1/backups')
    if (offsite?.sending !== true || performance.now() > deadline) return offsite
    await sleep(POLL_MS)
  }
}

/** A backup as always, and beside it one for somebody else: a file that its recipients alone decrypt. */
async function createSealed(
  options: CreateOptions,
  recipients: readonly string[],
  out: string,
): Promise<void> {
  const destination = destinationOf(options)
  if (destination.kind === 'elsewhere') throw notHere(destination.origin)
  const { sealedFile } = await import('./seal-backup.ts')
  const file = await sealedFile(out, recipients)
  try {
    const made = await makeOne(options)
    await withProgress('encrypting it', options, () => file.fill(homeOf(options), made.name))
    if (options.json) return printJson({ ...made, sealed: { file: out, recipients } })
    print(backupFields(made))
    note(`encrypted in ${out}; spl restore ${out} --identity <file> takes it`)
  } finally {
    await file.discard()
  }
}

function notHere({ origin }: URL): CliError {
  return new CliError(
    'RECIPIENT_HOME_ONLY',
    `--recipient encrypts a backup of this machine, and ${origin} is another one`,
    'run it on the daemon’s machine, without SPL_SERVE_URL',
    EXIT_CODE.usage,
  )
}

function addText(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

async function makeOne(options: GlobalOptions): Promise<BackupView> {
  using progress = showProgress('copying and proving the store', options)
  const home = homeOf(options)
  const isHere = destinationOf(options).kind === 'home'
  if (isHere && (await presenceOf(home)).state === 'absent') {
    const { makeOffline } = await import('./make-offline.ts')
    return await makeOffline(home)
  }
  const client = await daemonClient(options, SILENCE_MS)
  const leave = () => {
    progress[Symbol.dispose]()
    note('the daemon goes on with it')
    noteNext('to see it when it is done', 'spl backup list')
    process.exit(EXIT_CODE.interrupted)
  }
  process.once('SIGINT', leave)
  try {
    return await client.post<BackupView>('/v1/admin/backup', {})
  } finally {
    process.off('SIGINT', leave)
  }
}
