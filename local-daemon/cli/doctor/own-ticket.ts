import type { Home } from '../../home/home.ts'
import { socketClient } from '../client/daemon-client.ts'

/**
 * A ticket for a path, from the daemon of the home: over the socket it needs no bearer, and so the probes from
 * outside need none either. Good for one request within half a minute; nothing of it is stored.
 */
export async function ownTicket(home: Home, path: string): Promise<string> {
  const client = socketClient(home)
  return (await client.post<{ readonly ticket: string }>('/v1/stream-tickets', { path })).ticket
}
