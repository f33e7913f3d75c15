import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { aDaemon, type TestDaemon } from '../../support/daemon/a-daemon.ts'

let at: TestDaemon
beforeAll(async () => {
  at = await aDaemon()
})
afterAll(() => at[Symbol.asyncDispose]())

const ALL_SCOPES = /The scopes are records:read, records:write, .*admin/u
const DOCUMENT = /^See \/openapi\.json/u

async function refusal(line: string, body?: unknown) {
  const [method = '', path = ''] = line.split(' ')
  const answer = await fetch(at.base + path, {
    method,
    headers: { authorization: `Bearer ${at.bearer}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return (await answer.json()) as { code: string; message: string; try: string; field: string }
}

describe('a refusal says which field, what is expected, and where to find it:', () => {
  test.for([
    ['GET /v1/records/nope', undefined, /^id: must be the id of a record: 64 /u, /sync\/changes/u],
    [
      'GET /v1/records?thread=tea',
      undefined,
      /^thread: must be the id of a thread: th_/u,
      /^GET \/v1\/threads lists/u,
    ],
    [
      'GET /v1/service-accounts/sa_nope',
      undefined,
      /^id: must be the id of a service account, such as sa_/u,
      /^GET \/v1\/service-accounts lists/u,
    ],
    [
      'DELETE /v1/tokens/zz',
      undefined,
      /^id: must be the id of a token: 64 /u,
      /^GET \/v1\/tokens lists/u,
    ],
    [
      'DELETE /v1/invites/zz',
      undefined,
      /^id: must be the id of an invite: 64 /u,
      /^GET \/v1\/invites lists/u,
    ],
    ['GET /v1/threads?limit=x', undefined, /^limit: must be a whole number from 1$/u, DOCUMENT],
    ['GET /v1/threads?limit=99999999', undefined, /^limit: must be at most \d+$/u, DOCUMENT],
    [
      'GET /v1/sync/changes?feed=fast',
      undefined,
      /^feed: must be one of normal, longpoll, continuous$/u,
      DOCUMENT,
    ],
    [
      'POST /v1/service-accounts',
      { name: 'a', scopes: ['record:read'] },
      /^scopes\[0\]: must be one of records:read, /u,
      /^Did you mean records:read\? The scopes are /u,
    ],
    [
      'POST /v1/service-accounts',
      { name: 'a', scopes: 'admin' },
      /^scopes: must be a list in brackets, such as \[\]$/u,
      ALL_SCOPES,
    ],
    [
      'POST /v1/service-accounts',
      { name: 'a', acters: [] },
      /^The body has "acters", which is not taken here$/u,
      DOCUMENT,
    ],
    [
      'POST /v1/service-accounts',
      {},
      /^name: is missing: it must be text in quotes, such as "tea"$/u,
      DOCUMENT,
    ],
    [
      'POST /v1/service-accounts',
      [],
      /^The body must be an object in braces, such as \{\}$/u,
      DOCUMENT,
    ],
    [
      'POST /v1/service-accounts',
      { name: 'a', with_token: 'yes' },
      /^with_token: must be true or false$/u,
      DOCUMENT,
    ],
    [
      'POST /v1/tokens',
      { service_account_id: 'sa_0123456789abcdef', ttl_seconds: '1h' },
      /^ttl_seconds: must be a (?:whole )?number, such as 60$/u,
      DOCUMENT,
    ],
    [
      'POST /v1/tokens',
      { service_account_id: 'sa_0123456789abcdef', ttl_seconds: 0 },
      /^ttl_seconds: must be at least 1$/u,
      DOCUMENT,
    ],
    [
      'POST /v1/tokens',
      { service_account_id: 'sa_0123456789abcdef', ttl_seconds: 1.5 },
      /^ttl_seconds: must be a whole number, such as 60$/u,
      DOCUMENT,
    ],
    [
      'POST /v1/tokens',
      { service_account_id: 'x' },
      /^service_account_id: must be the id of a service account/u,
      /^GET \/v1\/service-accounts lists/u,
    ],
    [
      'POST /v1/invites',
      { device: 'a', namespace: 'x'.repeat(300) },
      /^namespace: must /u,
      DOCUMENT,
    ],
    [
      'POST /v1/records',
      { thread: 'tea', act: 'DO', body: {} },
      /^thread must be /u,
      /^GET \/v1\/threads lists/u,
    ],
  ] as const)('%s %j', async ([line, body, message, next]) => {
    const told = await refusal(line, body)
    expect(told.message).toMatch(message)
    expect(told.try).toMatch(next)
    expect(told.message).not.toMatch(/Invalid|expected|received|pattern|zod/u)
  })
})

describe('at a shell the next step is a command:', () => {
  test.for([
    ['service-account describe sa_nope', /^try: spl service-account list shows them\.$/mu],
    ['thread records tea', /^try: spl thread list shows them\.$/mu],
    ['thread records th_zz', /^try: spl thread list shows them\.$/mu],
    ['do --thread tea stir', /^try: spl thread list shows those there are\.$/mu],
    ['pair cancel nope', /^try: spl pair invites shows them\.$/mu],
  ] as const)('spl %s', async ([line, next]) => {
    const run = await runHere(line.split(' '), { home: at.daemon.home.root })
    expect(run.stderr).toMatch(next)
    expect(run.stderr).not.toContain('openapi')
  })
})
