import { InvalidArgumentError } from 'commander'

/** `--page` of the command line: the page that a link opens, without a fragment, because that is ours. */
export function parsePage(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (url && isWeb && !url.href.includes('#') && url.username === '') return url.href
  throw new InvalidArgumentError('A page is an address such as https://syncropel.com/pair.')
}
