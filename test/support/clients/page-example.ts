import { readFileSync } from 'node:fs'

/** The example of docs/http-api.md for pages, as a script: it has a function `follow`. */
export function pageExample(): string {
  const file = new URL('../../../docs/examples/follow-a-thread.js', import.meta.url)
  return readFileSync(file, 'utf8').replace('export async function', 'async function')
}
