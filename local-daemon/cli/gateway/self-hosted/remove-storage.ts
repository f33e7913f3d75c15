import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { installedGatewayScope, uninstallGatewayService } from '../../../service/gateway-service.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT_CODE } from '../../exit-code.ts'
import { note } from '../../output/output.ts'
import { confirmName } from '../../output/confirm-name.ts'

/**
 * Takes away what `spl gateway serve` keeps on this machine: its service, if one is installed, and its storage directory. Refuses a
 * directory that is none, and one in which a gateway runs.
 *
 * @throws CliError GATEWAY_STORAGE_MISSING, CONFIRMATION_NEEDED; GatewayError STORAGE_IN_USE
 */
export async function removeSelfHosted(
  given: string,
  yes: boolean,
): Promise<{ directory: string; service: boolean }> {
  const directory = resolve(given)
  const scope = installedGatewayScope()
  const present = existsSync(join(directory, 'unique-key'))
  if (!present && scope === undefined) {
    throw new CliError(
      'GATEWAY_STORAGE_MISSING',
      `no gateway has run in ${directory}, and no service is installed`,
      'give --storage <dir> or --home <dir> as at its start',
      EXIT_CODE.usage,
    )
  }
  note(`this removes ${directory}${scope === undefined ? '' : ' and the service of this machine'}`)
  note(
    'it contains nonces, a counter, hashes of tokens and a self-signed certificate, but no record and no key of the daemon',
  )
  await confirmName('gateway', yes)
  const service = scope === undefined ? false : await uninstallGatewayService(scope)
  if (present) {
    const { lockStorage } = await import('../../../gateway/storage-lock.ts')
    const lock = await lockStorage(directory)
    lock.release()
    await rm(directory, { recursive: true, force: true })
  }
  return { directory, service }
}
