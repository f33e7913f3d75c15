import { LIMITS } from '../../protocol/limits.ts'
import type { Refusal } from '../door/refusal.ts'

export const OFFLINE: Refusal = {
  code: 'TUNNEL_OFFLINE',
  message: 'The daemon behind this host is not connected',
  try: 'at home `spl status` says what it does and `spl serve --restart` starts it; or try again later',
  retryAfter: 5,
  passing: true,
}

export const BUSY: Refusal = {
  code: 'TUNNEL_BUSY',
  message: 'Too many requests are open on this host',
  try: 'wait a second and try again',
  retryAfter: 1,
  passing: true,
}

export const TOO_MANY_CANCELS: Refusal = {
  code: 'RATE_LIMITED',
  message: 'Too many requests of this client were left unfinished',
  try: 'wait ten seconds, and wait for answers before you close a connection',
  retryAfter: LIMITS.cancelledOpensIntervalMs / 1000,
}

export const BODY_UNREADABLE: Refusal = {
  code: 'INVALID_REQUEST',
  message: 'The body of the request broke off, or is not framed as HTTP says',
  try: 'send the request again, with a correct Content-Length or chunked coding',
}

export const BODY_STALLED: Refusal = {
  code: 'REQUEST_TIMEOUT',
  message: `Nothing more of the request's body came for ${LIMITS.uploadStallMs / 1000} s`,
  try: 'send the request again, and its body without long pauses',
}

export const BODY_LATE: Refusal = {
  code: 'REQUEST_TIMEOUT',
  message: `The request's body was not there after ${LIMITS.uploadStallMs / 1000} s`,
  try: 'send the request again, and its body without long pauses',
}

export const TOO_MANY_CONNECTS: Refusal = {
  code: 'RATE_LIMITED',
  message: 'This daemon connects too often',
  try: 'see that no second daemon has the same key, and wait a few seconds',
  retryAfter: 2,
}

export const HEAD_TOO_LARGE: Refusal = {
  code: 'HEADERS_TOO_LARGE',
  message: 'The request head is too large to relay',
  try: `send less than ${LIMITS.headBytes} bytes of headers`,
}

/** Without home's word only home could say whether a bearer is good, and it is not asked. */
export const NO_POLICY: Refusal = {
  code: 'POLICY_MISSING',
  message: 'This gateway does not know which bearer tokens are good',
  try: 'start the daemon with `spl serve`; with more than 2000 live tokens revoke some',
}

/** For a daemon that was replaced and asks whether the place is free again. */
export const ANOTHER_DAEMON_CONNECTED: Refusal = {
  code: 'ANOTHER_DAEMON_CONNECTED',
  message: 'Another daemon with this identity is connected: a copy of this home',
  try: 'stop one of the two for good, or give it a home of its own',
}
