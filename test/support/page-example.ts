import { readFileSync } from 'node:fs'

/** The example of docs/http-api.md for pages, as it stands there: it has a function `follow`. */
export function pageExample(): string {
  const page = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8')
  return /```js\n(const FEED.*?)```/s.exec(page)?.[1] ?? ''
}
