import { readFileSync } from 'node:fs'
import type { Home } from '../../home/home.ts'

/** Ports of the demo that ran last in a home, so that lines that were pasted work again; 0 where nobody knows. */
export function lastPorts(home: Home): { readonly gateway: number; readonly daemon: number } {
  try {
    const facts = JSON.parse(readFileSync(home.runningFile, 'utf8')) as {
      readonly gateway: string
      readonly address: string
    }
    return { gateway: portOf(facts.gateway), daemon: portOf(facts.address) }
  } catch {
    return { gateway: 0, daemon: 0 }
  }
}

/** Starts on a port, or on a free one where somebody else has it by now. */
export async function onPort<Started>(
  port: number,
  start: (port: number) => Promise<Started>,
): Promise<Started> {
  try {
    return await start(port)
  } catch (error) {
    if (port === 0 || (error as { code?: unknown }).code !== 'PORT_IN_USE') throw error
    return start(0)
  }
}

function portOf(origin: string): number {
  return Number(new URL(origin).port)
}
