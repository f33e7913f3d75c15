// Follows a thread from a web page. Copy it into yours; docs/http-api.md explains the close codes.
const FEED = '/v1/sync/subscribe'
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Hands each record of a thread to `onRecord`, in order and once, until `signal` aborts. Rejects when trying again would
 * not help.
 * @param since a cursor to continue from; '' is the beginning, 'now' skips what is there
 * @param onRestored home's store was restored from an older copy: forget what you have, all records come again
 */
export async function follow({ url, bearer, thread, since = '', onRecord, onRestored, signal }) {
  for (; !signal?.aborted; await pause(1000 + 1000 * Math.random())) {
    const answer = await fetch(url + '/v1/stream-tickets', {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ path: FEED }),
    }).catch(() => undefined) // cannot be reached now
    if (answer?.status === 401 || answer?.status === 403) throw new Error(await answer.text())
    if (!answer?.ok) continue
    const { ticket } = await answer.json()
    const query = new URLSearchParams({ thread, since, ticket })
    const socket = new WebSocket(`${url.replace('http', 'ws')}${FEED}?${query}`)
    signal?.addEventListener('abort', () => socket.close(), { once: true })
    const { code, reason } = await read(socket, ({ event, id, data }) => {
      if (event === 'record') onRecord(data)
      since = id ?? since
    })
    if (code === 4409) {
      since = ''
      onRestored?.()
    } else if ([4400, 4403, 4404, 4421].includes(code)) throw new Error(reason)
  }
}

/** Reads until the socket closes, or is silent for three heartbeats. Resolves with the close event. */
function read(socket, onMessage) {
  return new Promise((resolve) => {
    let silence
    const heard = () => {
      clearTimeout(silence)
      silence = setTimeout(() => socket.close(), 45_000)
    }
    heard()
    socket.addEventListener('message', ({ data }) => {
      heard()
      onMessage(JSON.parse(data))
    })
    socket.addEventListener('close', (end) => {
      clearTimeout(silence)
      resolve(end)
    })
  })
}
