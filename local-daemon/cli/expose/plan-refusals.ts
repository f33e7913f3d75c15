import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { MATRIX, type Way } from './use-case.ts'
import type { Wish } from './wish.ts'

export function unfit({ use }: Wish, way: Way): CliError {
  const { ways } = MATRIX[use]
  return refused(
    'EXPOSE_WAY_UNFIT',
    `${use} cannot be reached by ${way}`,
    `one of ${ways.map((fit) => `--by ${fit}`).join(', ')}`,
  )
}

export function originMissing(): CliError {
  return refused(
    'EXPOSE_ORIGIN_MISSING',
    'no origin is given for the page that may call',
    'spl expose browser --origin https://app.example.com, as the address bar shows it',
  )
}

export function hostnameMissing(way: Way): CliError {
  return refused(
    'EXPOSE_HOSTNAME_MISSING',
    `${way} needs the public hostname`,
    `--by ${way} --hostname spl.example.com`,
  )
}

export function gatewayMissing(): CliError {
  return refused(
    'EXPOSE_GATEWAY_MISSING',
    'no gateway is connected, and none is given',
    'spl gateway init, then spl gateway deploy; then spl expose with --gateway https://<its hostname>. Or --by caddy --hostname <name>',
  )
}

export function noTailnet(): CliError {
  return new CliError(
    'EXPOSE_NO_TAILNET',
    'this machine has no tailnet address (100.64.0.0/10)',
    'install Tailscale (https://tailscale.com/download), run tailscale up, then this command again. Or use --by gateway',
  )
}

export function noLan(): CliError {
  return new CliError(
    'EXPOSE_NO_LAN',
    'this machine has no private IPv4 address, so nothing on the Wi-Fi can reach it',
    'connect it to the network and run this again, or use --by tailnet or --by gateway',
  )
}

function refused(code: string, message: string, next: string): CliError {
  return new CliError(code, message, next, EXIT_CODE.usage)
}
