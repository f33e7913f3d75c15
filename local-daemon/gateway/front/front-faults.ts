import type { HeadFault } from '../../../protocol/http/head-rules.ts'

export const TIMEOUT: HeadFault = {
  code: 'REQUEST_TIMEOUT',
  message: 'The request did not arrive in time',
}
export const MIXED: HeadFault = {
  code: 'INVALID_REQUEST',
  message: 'HTTP/1.0 on a connection that has spoken HTTP/1.1',
}
export const AWAY: HeadFault = { code: 'TUNNEL_OFFLINE', message: 'The gateway is starting again' }
