import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { Rotation } from '../../access/identity/rotate-identity.ts'
import type { Home } from '../../home/home.ts'
import { OUT_HELP, secretSink, type SecretOptions } from '../output/secret/secret-sink.ts'
import { confirmName } from './confirm-name.ts'
import { homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, printJson } from '../output/output.ts'
import type { ReadyReport } from '../client/ready-report.ts'
import { runBackground } from '../serve/run-background.ts'
import { readLastStart, readRunningFile } from '../client/running-file.ts'
import { stopDaemon } from '../serve/stop-daemon.ts'
import { fields, table } from '../output/table.ts'
import { deliverSecret } from '../output/secret/deliver-secret.ts'
import { readBearer } from '../client/read-bearer.ts'

interface RotateOptions extends SecretOptions {
  readonly keepOld?: boolean
  readonly yes?: boolean
}

export function addGatewayRotateIdentity(gateway: Command): void {
  gateway
    .command('rotate-identity')
    .description('give the daemon a new key, when the old one may have leaked')
    .option('--keep-old', 'keep the old key in keys/, instead of destroying it')
    .option('--yes', 'do not ask')
    .option('--out <file>', OUT_HELP)
    .addHelpText(
      'after',
      `${examples(
        ['spl gateway rotate-identity', 'asks first, then prints a new admin bearer, once'],
        ['spl gateway rotate-identity --yes --out admin.token', 'for scripts'],
      )}

Records, accounts and settings stay, and say whose they were. Every bearer,
ticket and invite ends, because the old key had signed them. The gateway must be
told the new identity before it lets the daemon in again.
`,
    )
    .action((_options: unknown, command: Command) => rotate(optionsOf<RotateOptions>(command)))
}

async function rotate(options: RotateOptions): Promise<void> {
  const { loadIdentity } = await import('../../access/identity/identity.ts')
  const { rotateIdentity } = await import('../../access/identity/rotate-identity.ts')
  const home = homeOf(options)
  const sink = await secretSink(options)
  let delivered = false
  const deliver = async (bearer: string | undefined): Promise<void> => {
    if (bearer === undefined) return
    delivered = true
    const account = (await readBearer(bearer))?.service_account_id
    await deliverSecret(sink, bearer, {
      takeBack: () => Promise.reject(new Error('the daemon is stopped')),
      again: `the identity is new; once the daemon runs, on this machine: spl token rotate ${account}`,
    })
  }
  try {
    if (existsSync(home.instanceKey)) note(`replaces the identity ${loadIdentity(home).did}`)
    note('every bearer, ticket and invite ends; records, accounts and settings stay')
    await confirmName('rotate', options.yes === true, 'replace the identity')
    const gateway = readRunningFile(home)?.gateway ?? null
    const database = readLastStart(home)?.store ?? home.database
    const ready = await whileStopped(home, async () => {
      const rotation = await rotateIdentity(home, options.keepOld === true, database)
      // Before the daemon starts again: whatever keeps it from that, the bearer is shown only now.
      await deliver(rotation.fresh?.token)
      show(rotation, gateway, options)
    })
    // A store in memory went with the daemon, and the new one makes its first bearer.
    if (!delivered) await deliver(ready?.admin_bearer)
  } finally {
    if (!delivered) await sink.discard()
  }
}

/** Stops the daemon of the home for the work, and starts it again as it was, whether or not the work was done. */
async function whileStopped(
  home: Home,
  work: () => Promise<void>,
): Promise<ReadyReport | undefined> {
  const { started_with } = readRunningFile(home) ?? {}
  await stopDaemon(home)
  const again = async (): Promise<ReadyReport | undefined> =>
    started_with ? runBackground(home, started_with) : undefined
  try {
    await work()
  } catch (error) {
    // Why the work failed is what counts, also where the daemon does not start either.
    await again().catch(() => {})
    throw error
  }
  return again()
}

function show(rotation: Rotation, gateway: string | null, options: RotateOptions): void {
  const { from, to, kept, ended, fresh } = rotation
  if (options.json) {
    printJson({
      object: 'identity_rotation',
      from,
      to,
      kept,
      gateway,
      ended,
      service_account_id: fresh?.account ?? null,
      token_id: fresh?.tokenId ?? null,
    })
    return
  }
  note(
    fields([
      ['Identity', to],
      ['Before', from],
      ['Old key', kept ?? 'destroyed'],
      ['Admin', fresh?.account],
    ]).trimEnd(),
  )
  if (fresh !== undefined)
    note('The new admin bearer is shown this once, or is in the file of --out.')
  if (ended.length > 0) {
    note(
      'These accounts have no bearer any more: spl token create --sa <id>, or pair the device again',
    )
    const rows = ended.map(({ service_account_id, name, tokens }) => [
      service_account_id,
      name,
      String(tokens),
    ])
    note(table(['ACCOUNT', 'NAME', 'ENDED'], rows).trimEnd())
  }
  note(
    'next, so that the gateway lets this daemon in: spl gateway init <dir>, spl gateway deploy <dir>',
  )
  note(`      or start spl gateway serve again, with --owner ${to} if it is not of this home`)
  note(
    '      at a gateway of several owners its admin takes the hostname back and invites this home',
  )
}
