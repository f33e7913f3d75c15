import type { Refusal } from '../door/refusal.ts'
import { STORAGE_ROOM } from '../internal/storage-room.ts'

/** What to say of an object that has failed. @param now milliseconds since 1970 */
export function refusalOfFailure(error: unknown, now: number): Refusal {
  return STORAGE_ROOM.learn(error, now) ? STORAGE_FULL : OBJECT_LOST
}

const OBJECT_LOST: Refusal = {
  code: 'TUNNEL_INTERRUPTED',
  message: 'The gateway lost the request before its answer began',
  try: 'a safe request may be sent again at once; check others first',
}

const STORAGE_FULL: Refusal = {
  code: 'GATEWAY_STORAGE_FULL',
  message: "The gateway's disk is full",
  try: 'make room on the disk of its --storage; it goes on by itself',
  retryAfter: 1,
}
