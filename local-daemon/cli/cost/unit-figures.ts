import type { Usage } from './usage.ts'

/** What was measured on raw workerd, read from the gateway's own counters. */
export interface UnitFigures {
  /** Day of the measurement. */
  readonly date: string
  readonly workerd: string
  /** An hour of a connected daemon, its pings answered; measured over some minutes. */
  readonly idleHour: Usage
  /** One connection of the daemon: handshake, greeting, policy. */
  readonly connection: Usage
  /** One event stream opened, until it has joined its group. */
  readonly subscription: Usage
  /** One event when the object sleeps, for one subscriber. */
  readonly event: Usage
  /** The same for ten. */
  readonly eventForTen: Usage
  /** One small request, alone. */
  readonly request: Usage
  /** One of many small requests that follow each other at once: the seconds are shared. */
  readonly requestInBurst: Usage
  /** One scrape of the gateway's own metrics, when the object sleeps. */
  readonly scrape: Usage
  /** Wakes of each event and each request, twelve seconds apart. */
  readonly wakesPerEvent: number
  readonly wakesPerRequest: number
  /** CPU of the whole workerd process for one request in a burst, milliseconds: Worker, object and HTTP together. */
  readonly processCpuMs: number
}
