/** What something uses of the platform, in what the platform counts. Of one unit, or of a month. */
export interface Usage {
  /** Requests to the Worker, WebSocket handshakes included. */
  readonly workerRequests: number
  /** HTTP requests to the object, WebSocket handshakes included. */
  readonly objectRequests: number
  /** WebSocket messages to the object; what it sends is free, and so are pings. */
  readonly messages: number
  /** Seconds in which the object cannot sleep. */
  readonly activeSeconds: number
}

const NOTHING: Usage = {
  workerRequests: 0,
  objectRequests: 0,
  messages: 0,
  activeSeconds: 0,
}

export function times(usage: Usage, count: number): Usage {
  return {
    workerRequests: usage.workerRequests * count,
    objectRequests: usage.objectRequests * count,
    messages: usage.messages * count,
    activeSeconds: usage.activeSeconds * count,
  }
}

export function sum(...parts: readonly Usage[]): Usage {
  return parts.reduce(
    (total, part) => ({
      workerRequests: total.workerRequests + part.workerRequests,
      objectRequests: total.objectRequests + part.objectRequests,
      messages: total.messages + part.messages,
      activeSeconds: total.activeSeconds + part.activeSeconds,
    }),
    NOTHING,
  )
}
