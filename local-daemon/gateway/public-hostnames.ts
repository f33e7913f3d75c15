import { isIP } from 'node:net'
import { GatewayError } from './gateway-error.ts'

/** A public name of the gateway, as `--hostname` gives it. */
export interface PublicName {
  /** For certificates: without port, an IPv6 address without brackets. */
  readonly name: string
  /** For a proxy in front that listens on its own port; `*`: any port leads here. */
  readonly port: number | '*' | undefined
}

const FORM =
  /^(?<name>(?:\*\.)?[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?<port>[0-9]{1,5}|\*))?$/iu

/** Takes `name`, `name:port`, `name:*` and addresses. @throws GatewayError HOSTNAME_INVALID */
export function parsePublicName(text: string): PublicName {
  if (isIP(text) === 6) return { name: text, port: undefined }
  const { name, port } = FORM.exec(text)?.groups ?? {}
  const number = port === undefined || port === '*' ? port : Number(port)
  if (name !== undefined && (typeof number !== 'number' || (number > 0 && number < 65_536))) {
    return { name: name.replaceAll(/^\[|\]$/gu, ''), port: number }
  }
  throw new GatewayError(
    'HOSTNAME_INVALID',
    `not a public hostname: ${JSON.stringify(text)}`,
    'a name as clients know it: --hostname spl.example.com, or spl.example.com:8443 behind a proxy on that port',
  )
}

/**
 * The hosts under which clients may reach the gateway, for the Worker (`PUBLIC_HOSTNAMES`). A name without a
 * port is on the gateway's own port, or on the default one of a proxy in front.
 */
export function publicHostnames(names: readonly PublicName[], port: number): string[] {
  return names.flatMap(({ name, port: own }) => {
    const host = isIP(name) === 6 ? `[${name}]` : name.toLowerCase()
    return own === undefined ? [host, `${host}:${port}`] : [`${host}:${own}`]
  })
}
