import type { Logger } from 'pino'
import type { Identity } from '../access/identity/identity.ts'
import { StartError } from '../problem/start-error.ts'
import { VERSION } from '../process/version.ts'
import type { FaultBook } from '../process/fault-book.ts'
import { DialError } from './dial/dial-error.ts'
import { readGatewayCa } from './dial/read-gateway-ca.ts'
import type { LinkMeter } from './link-meter.ts'
import type { TunnelApp } from './tunnel-app.ts'
import { Tunnel, type TunnelEvent } from './tunnel.ts'

export interface TunnelTarget {
  /** `https://` and the public hostname. */
  readonly gatewayUrl: string
  /** PEM of a further certificate authority, or the path of its file. */
  readonly cacert?: string
}

export interface TunnelParts {
  readonly app: TunnelApp
  readonly identity: Identity
  readonly logger: Logger
  readonly meter: LinkMeter
  readonly faults: FaultBook
  /** The edge policy of now, if the gateway is to have one. */
  readonly policy?: () => Uint8Array | undefined
  /** The gateway keeps the policy that it was sent last. */
  readonly onPolicyAcked?: () => void
}

/**
 * Starts connecting and returns at once; the connection comes and goes in the background.
 * @throws StartError for an address or a certificate that can never work
 */
export function startTunnel(options: TunnelTarget, parts: TunnelParts): Tunnel {
  const { cacert } = options
  // Read again at each try: a gateway's own certificate is made anew at the same path. What cannot be read now is told now.
  const ca = cacert === undefined ? undefined : () => readAgain(cacert)
  if (cacert !== undefined) readGatewayCa(cacert)
  try {
    return new Tunnel({
      gatewayUrl: options.gatewayUrl,
      ...(ca === undefined ? {} : { ca }),
      identity: parts.identity,
      app: parts.app,
      meter: parts.meter,
      agent: `spl/${VERSION}`,
      ...(parts.policy === undefined ? {} : { policy: parts.policy }),
      onEvent: (event) => {
        log(parts.logger, parts.faults, event)
        if (event.kind === 'policy-acked') parts.onPolicyAcked?.()
      },
    })
  } catch (cause) {
    throw new StartError(
      'GATEWAY_URL_INVALID',
      `The gateway's address is not an https origin: ${options.gatewayUrl}`,
      'Give it as https://host, without a path: spl serve --gateway https://home.example.com',
      { cause },
    )
  }
}

/** @throws DialError where it cannot be read for the moment */
function readAgain(pemOrPath: string): string {
  try {
    return readGatewayCa(pemOrPath)
  } catch (cause) {
    throw new DialError('lost', (cause as Error).message, { cause })
  }
}

function log(logger: Logger, faults: FaultBook, event: TunnelEvent): void {
  switch (event.kind) {
    case 'connected':
      return logger.info({ generation: event.generation }, 'tunnel connected')
    case 'disconnected':
      return logger.warn({ reason: event.reason, retry_ms: event.retryMs }, 'tunnel disconnected')
    case 'overlap': {
      const { generation, reason, retryMs } = event
      return logger.info({ generation, reason, retry_ms: retryMs }, 'tunnel asked to reconnect')
    }
    case 'rival':
      return logger.warn('another daemon with this identity asked for the place: two run')
    case 'network-changed':
      return logger.info('network changed')
    case 'woke':
      return logger.info({ jump_ms: event.jumpMs }, 'clock jumped')
    case 'policy-acked':
      return logger.info({ version: event.version }, 'gateway keeps the policy')
    case 'error':
      return faults.note(event.place, event.error, event.requestId)
  }
}
