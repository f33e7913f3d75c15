import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { sendRequest } from '../../../local-daemon/cli/client/send-request.ts'

/** A GET from outside that trusts only the gateway's certificate. */
export async function getPublic(
  url: string,
  cacert: string | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly body: string }> {
  const { origin, pathname, search } = new URL(url)
  const response = await sendRequest(
    { origin: new URL(origin), ca: cacert && readFileSync(cacert, 'utf8') },
    { method: 'GET', path: pathname + search, headers, silenceMs: 10_000 },
  )
  return { status: response.statusCode ?? 0, body: await text(response) }
}
