import type { Command } from 'commander'
import { REGISTRY_PATH } from '../../../protocol/identity/registry-request.ts'
import type { List } from '../client/collect-pages.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson, warn } from '../output/output.ts'
import type { GatewayHostname, GatewayInvite } from './registry/answers.ts'
import { isInviteId, parseHostnameOrInvite } from '../parse/hostname-or-invite.ts'
import { registryOf, type RegistryOptions } from './registry/registry-of.ts'
import { addRegistryOptions } from './registry/registry-options.ts'
import { wholeId } from '../client/whole-id.ts'

export function addGatewayRevoke(gateway: Command): void {
  const revoke = gateway
    .command('revoke')
    .description('as admin: take back a hostname or invite')
    .argument(
      '<name>',
      'the hostname, or the id of an invite: spl gateway list',
      parseHostnameOrInvite,
    )
  addRegistryOptions(revoke)
    .addHelpText(
      'after',
      examples(['spl gateway revoke alice.spl.example.com', 'its daemon is disconnected at once']),
    )
    .action((target: string, _options: unknown, command: Command) =>
      isInviteId(target)
        ? cancel(target, optionsOf<RegistryOptions>(command))
        : takeBack(target, optionsOf<RegistryOptions>(command)),
    )
}

async function takeBack(hostname: string, options: RegistryOptions): Promise<void> {
  const { client } = await registryOf(options)
  const gone = await client.delete<GatewayHostname>(`${REGISTRY_PATH}/hostnames/${hostname}`)
  if (options.json) return printJson(gone)
  print(`took back ${gone.hostname} from ${gone.owner}`)
  if (gone.connected === null) {
    warn('its daemon could not be disconnected yet; the gateway tries again every few seconds')
  }
}

async function cancel(id: string, options: RegistryOptions): Promise<void> {
  const { client } = await registryOf(options)
  const list = async () => {
    const { data } = await client.get<List<GatewayInvite>>(`${REGISTRY_PATH}/invites`)
    return data.map(({ invite_id }) => invite_id)
  }
  const whole = await wholeId(id, list, 'spl gateway list --invites')
  const invite = await client.delete<GatewayInvite>(`${REGISTRY_PATH}/invites/${whole ?? id}`)
  if (options.json) printJson(invite)
  else print(`took back the invite for ${invite.hostname}`)
}
