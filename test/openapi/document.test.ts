import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generateSource } from 'oazapfts'
import { expect, test } from 'vitest'
import { PROBLEM_STATUS } from '../../protocol/http/problem.ts'
import { aDaemon } from '../support/daemon/a-daemon.ts'
import { violation } from './answer-contract.ts'
import { DOCUMENT, readDocument } from './document.ts'

const CLIENT = new URL('generated-client.ts', import.meta.url)
const REFRESH = process.env['REFRESH_PAGES'] === '1'
const HINT = 'It has changed; to write it anew: REFRESH_PAGES=1 npx vitest run test/openapi'

test('docs/openapi.json is what the daemon serves, to everybody', async () => {
  await using at = await aDaemon()
  // Past the watch of answers, which reads that file.
  const asked = new Request(`${at.base}/openapi.json`)
  const answer = await at.daemon.app.fetch(asked, { via: 'tunnel' })
  // Without white space: the package holds it.
  const served = `${JSON.stringify(await answer.json())}\n`
  if (REFRESH) writeFileSync(DOCUMENT, served)
  expect(readFileSync(DOCUMENT, 'utf8') === served ? 'the same' : HINT).toBe('the same')
})

test('the client that tests use is made from it', async () => {
  // Its own types are not as strict as these tests’.
  const source = `// @ts-nocheck\n${await generateSource(fileURLToPath(DOCUMENT))}`
  if (REFRESH) writeFileSync(CLIENT, source)
  expect(readFileSync(CLIENT, 'utf8') === source ? 'the same' : HINT).toBe('the same')
})

test('every expression in it means the same to engines without look-around and properties', () => {
  const patterns = readFileSync(DOCUMENT, 'utf8').matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)
  const texts = [...patterns].map(([, pattern = '""']) => JSON.parse(pattern) as string)
  expect(texts.length).toBeGreaterThan(10)
  for (const text of texts) expect(text).not.toMatch(/\(\?[^:]|\\[pPkbB]|\/[a-z]+$/)
})

test('nothing in it is made of parts that could contradict each other', () => {
  expect(readFileSync(DOCUMENT, 'utf8')).not.toContain('allOf')
})

test('every status of a refusal is the one of its codes', () => {
  for (const methods of Object.values(readDocument().paths)) {
    for (const { responses, operationId } of Object.values(methods)) {
      for (const [status, { description }] of Object.entries(responses)) {
        if (Number(status) < 400) continue
        const codes = description.split(', ').map((code) => code.replaceAll('`', ''))
        const statuses = codes.map((code) => PROBLEM_STATUS[code as keyof typeof PROBLEM_STATUS])
        expect([operationId, ...statuses]).toEqual([
          operationId,
          ...codes.map(() => Number(status)),
        ])
      }
    }
  }
})

const headers = new Headers({ 'x-request-id': 'r', 'www-authenticate': 'Bearer' })
const seen = { method: 'GET', target: '/health?x', status: 200, headers }
const health = { status: 'ok', version: '1', instance_did: 'did:key:z' }
const problem = { object: 'error', code: 'AUTH_REQUIRED', message: 'no', hop: 'daemon' }

test.for([
  ['nothing', { ...seen, text: JSON.stringify(health) }, undefined],
  ['a member that is missing', { ...seen, text: '{"status":"ok"}' }, "required property 'version'"],
  ['a member too many', { ...seen, text: JSON.stringify({ ...health, x: 1 }) }, 'additional'],
  ['another type', { ...seen, text: JSON.stringify({ ...health, version: 1 }) }, 'must be string'],
  ['a status', { ...seen, status: 202, text: JSON.stringify(health) }, '202'],
  ['an operation', { ...seen, target: '/nope', text: '{}' }, 'no such operation'],
  [
    'a code',
    { ...seen, status: 401, text: JSON.stringify({ ...problem, code: 'LOCKOUT' }) },
    'LOCKOUT',
  ],
  ['a header', { ...seen, headers: new Headers(), text: JSON.stringify(health) }, 'X-Request-Id'],
  ['an envelope', { ...seen, target: '/nope', text: '{"object":"error"}' }, "'code'"],
  ['no envelope', { ...seen, status: 401, text: JSON.stringify(problem) }, undefined],
] as const)('an answer that differs in %s is found', ([, answer, wrong]) => {
  if (wrong === undefined) expect(violation(answer)).toBeUndefined()
  else expect(violation(answer)).toContain(wrong)
})
