/** The refusal of a thread that does not exist for its caller: home's, and the gateway's where that knows it. */
export const MISSING_THREAD = {
  code: 'NOT_FOUND',
  message: 'There is no such thread here',
  try: 'GET /v1/threads lists them.',
} as const
