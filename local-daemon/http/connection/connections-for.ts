import { HTTP_LIMITS } from '../limits.ts'

/** Two full listeners, each request with its own descriptor, and what store and log need. */
const WANTED = HTTP_LIMITS.connections * 2 + 256

/** Connections that one listener may have, so that descriptors are left for the rest. */
export function connectionsFor(limit: number | undefined): number {
  const { connections, spareDescriptors } = HTTP_LIMITS
  return Math.min(connections, Math.max(16, (limit ?? Infinity) - spareDescriptors))
}

/** A line for a person if so few files may be open that connections would be refused; none otherwise. */
export function openFilesWarnings(limit: number | undefined): string[] {
  if (limit === undefined || limit >= WANTED) return []
  return [
    `this process may have ${limit} files open, and wants ${WANTED}: with many connections it refuses more. Raise it before the start: ulimit -n ${WANTED}, or LimitNOFILE= of its service`,
  ]
}
