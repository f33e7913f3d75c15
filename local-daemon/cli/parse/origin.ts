import { InvalidArgumentError } from 'commander'

/** An http or https origin of the command line: no path, no query, no user. */
export function parseOrigin(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  // What is left of the address beside its origin would be dropped in silence.
  if (url && isWeb && url.href === `${url.origin}/`) return url
  throw new InvalidArgumentError('It must be an origin such as https://spl.example.com.')
}
