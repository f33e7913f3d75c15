import type { Command } from 'commander'
import { JOIN_PATH } from '../../../protocol/identity/registry-request.ts'
import { connectHome } from './connect-home.ts'
import { homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { noteNext, print, printJson } from '../output/output.ts'
import { readSecretArgument } from '../parse/secret-argument.ts'
import type { GatewayHostname } from './registry/answers.ts'
import { readInviteLink } from './registry/invite-link.ts'
import { parseHostname } from '../parse/hostname.ts'
import { registryOf, type RegistryOptions } from './registry/registry-of.ts'
import { addRegistryOptions } from './registry/registry-options.ts'
import { fields } from '../output/table.ts'
import { shellPath } from '../../problem/shell-word.ts'
import { parseId } from '../parse/id.ts'

interface GatewayJoinOptions extends RegistryOptions {
  readonly hostname?: string
  readonly connect?: boolean
}

export function addGatewayJoin(gateway: Command): void {
  const join = gateway
    .command('join')
    .description('take a hostname that an admin offers')
    .argument('<invite>', 'the link, https://<gateway>/#spg_…, or its code; - for stdin', parseId)
    .option('--hostname <name>', 'the hostname you choose, if the invite lets you', parseHostname)
    .option('--connect', 'restart the daemon of the home with that hostname')
  addRegistryOptions(join)
    .addHelpText(
      'after',
      examples(
        ['spl gateway join - --connect', 'paste the link'],
        ['spl gateway join - --hostname alice.spl.example.com', 'choose a name'],
      ),
    )
    .action(async (invite: string, _options: unknown, command: Command) =>
      joinGateway(await readSecretArgument(invite), optionsOf<GatewayJoinOptions>(command)),
    )
}

async function joinGateway(invite: string, options: GatewayJoinOptions): Promise<void> {
  const { url, code } = readInviteLink(invite)
  const { client, origin, caFile } = await registryOf({
    ...options,
    ...(url !== undefined && { url }),
  })
  const joined = await client.post<GatewayHostname>(JOIN_PATH, {
    code,
    ...(options.hostname !== undefined && { hostname: options.hostname }),
  })
  const address = addressOf(joined.hostname, origin)
  if (options.connect) await connectHome(homeOf(options), address, undefined, caFile)
  if (options.json) return printJson({ ...joined, url: address })
  print(
    fields([
      ['Hostname', joined.hostname],
      ['Address', address],
      ['Owner', joined.owner],
    ]),
  )
  if (options.connect) return
  const ca = caFile === null ? '' : ` --gateway-ca ${shellPath(caFile)}`
  noteNext('next', `spl serve --restart --gateway ${address}${ca}`)
}

/** The hostname under the scheme and the port that the gateway was asked by. */
function addressOf(hostname: string, origin: URL): string {
  const url = new URL(origin)
  url.hostname = hostname
  return url.origin
}
