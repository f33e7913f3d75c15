import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { Rotation } from '../../access/identity/rotate-identity.ts'
import type { Home } from '../../home/home.ts'
import { OUT_HELP, secretSink, type SecretOptions } from '../output/secret/secret-sink.ts'
import { confirmName } from '../output/confirm-name.ts'
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
    .description('give the daemon a new key if the old one may have leaked')
    .option('--keep-old', 'keep the old key in keys/ instead of destroying it')
    .option('--yes', 'do not ask')
    .option('--out <file>', OUT_HELP)
    .addHelpText(
      'after',
      `${examples(
        ['spl gateway rotate-identity', 'asks first, then prints a new admin bearer token, once'],
        ['spl gateway rotate-identity --yes --out admin.token', 'for scripts'],
      )}

Records, accounts and settings stay, with the identity that signed them. Every
bearer token, ticket and invite becomes invalid, because the old key signed it.
The gateway lets the daemon in again once it knows the new identity.
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
    if (existsSync(home.instanceKey)) note(`this replaces the identity ${loadIdentity(home).did}`)
    note(
      'every bearer token, ticket and invite becomes invalid; records, accounts and settings stay',
    )
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
    note('The new admin bearer token is shown only now, or is in the file given with --out.')
  if (ended.length > 0) {
    note(
      'These accounts no longer have a valid bearer token: spl token create --sa <id>, or pair the device again',
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
  note(`      or restart spl gateway serve, with --owner ${to} if it does not use this home`)
  note(
    '      at a gateway with several owners, its admin revokes the hostname and invites this home again',
  )
}
