import type { Refusal } from '../door/refusal.ts'

export const TOO_SLOW: Refusal = {
  code: 'CONSUMER_TOO_SLOW',
  message: 'The stream was not read as fast as events came',
  try: 'connect again with the last event id as Last-Event-ID; nothing is lost',
}

export const AWAY_TOO_LONG: Refusal = {
  code: 'TUNNEL_OFFLINE',
  message: 'The daemon behind this host has been away for too long',
  try: 'start it at home with `spl serve --restart`, then connect again with the last event id as Last-Event-ID; nothing is lost',
}

export const CUT_FOR_GOOD: Refusal = {
  code: 'BAD_UPSTREAM_RESPONSE',
  message: 'The stream was cut, and the request for the rest got another kind of answer',
  try: 'connect again with the last event id as Last-Event-ID',
}
