import { allowsHostname } from '../../../../protocol/http/hostname.ts'

/** Whether one of these public origins is this one. Among them may be `https://*.spl.example.com`. */
export function isAmongOrigins(origins: readonly string[], origin: string): boolean {
  const { hostname, port } = new URL(origin)
  return origins.some(
    (text) =>
      text === origin || (port === '' && allowsHostname(text.replace('https://', ''), hostname)),
  )
}
