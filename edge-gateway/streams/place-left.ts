/** How often it checks whether the wait is over, milliseconds. */
const LOOK_MS = 1_000

/**
 * Waits in a place that the object gave. Resolves when the object says that home is back, or is lost itself, with the
 * time over which all waiting streams should spread their requests, milliseconds; or with 0 once the wait is over.
 */
export function placeLeft(place: WebSocket, isOver: () => boolean): Promise<number> {
  return new Promise((resolve) => {
    const leave = (spreadMs: number) => {
      clearInterval(look)
      resolve(spreadMs)
    }
    const look = setInterval(() => {
      if (isOver()) leave(0)
    }, LOOK_MS)
    place.addEventListener('close', ({ reason }) => leave(Number(reason) || 0))
    place.addEventListener('error', () => leave(0))
    place.accept()
  })
}
