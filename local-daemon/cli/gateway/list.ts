import type { Command } from 'commander'
import { REGISTRY_PATH } from '../../../protocol/identity/registry-request.ts'
import type { List } from '../client/collect-pages.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { noteNext, print, printJson } from '../output/output.ts'
import type { GatewayHostname, GatewayInvite } from './registry/answers.ts'
import { collectHostnames } from './registry/collect-hostnames.ts'
import { registryOf, type RegistryOptions } from './registry/registry-of.ts'
import { addRegistryOptions } from './registry/registry-options.ts'
import { shortId } from '../output/short-id.ts'
import { table } from '../output/table.ts'
import { shortTime } from '../output/local-time.ts'

interface GatewayListOptions extends RegistryOptions {
  readonly invites?: boolean
}

export function addGatewayList(gateway: Command): void {
  const list = gateway
    .command('list')
    .description('as admin: list the hostnames and their owners')
    .option('--invites', 'show the open invites instead')
  addRegistryOptions(list)
    .addHelpText(
      'after',
      examples(
        ['spl gateway list', 'a table'],
        [
          'spl gateway list --invites --url https://spl.example.com',
          'invites that nobody has used yet',
        ],
      ),
    )
    .action((_options: unknown, command: Command) => show(optionsOf<GatewayListOptions>(command)))
}

async function show(options: GatewayListOptions): Promise<void> {
  const { client } = await registryOf(options)
  if (options.invites) {
    const list = await client.get<List<GatewayInvite>>(`${REGISTRY_PATH}/invites`)
    if (options.json) return printJson(list)
    if (list.data.length === 0) return noteNext('no invite', 'spl gateway invite --hostname <name>')
    return print(table(['INVITE', 'HOSTNAME', 'STATE', 'EXPIRES'], list.data.map(inviteRow)))
  }
  const list = await collectHostnames(client)
  if (options.json) return printJson(list)
  if (list.data.length === 0)
    return noteNext('no hostname yet', 'spl gateway invite --hostname <name>')
  print(table(['HOSTNAME', 'HOME', 'SINCE', 'OWNER'], list.data.map(hostnameRow)))
}

function hostnameRow({ hostname, connected, since, owner }: GatewayHostname): string[] {
  const home = connected === true ? 'connected' : connected === false ? 'not connected' : 'unknown'
  return [hostname, home, shortTime(since), owner]
}

function inviteRow({ invite_id: id, hostname, joined, expires_at: expires }: GatewayInvite) {
  return [
    shortId(id),
    hostname,
    joined === null ? 'open' : `joined as ${joined}`,
    shortTime(expires),
  ]
}
