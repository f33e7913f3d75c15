import { expect, test } from 'vitest'

import { corsPolicy } from '../../../protocol/http/cors.ts'
import { isForeignOrigin } from '../../../protocol/http/foreign-origin.ts'

const HOST = '127.0.0.1:9100'
const allowed = corsPolicy(['https://good.com']).origins

type Fields = Readonly<Record<string, string>>

function foreign(fields: Fields, method = 'GET', scheme: 'http' | 'https' = 'http'): boolean {
  const headers = new Headers({ host: HOST, ...fields })
  return isForeignOrigin({ method, headers }, scheme, allowed)
}

test.each<readonly [origin: string, foreign: boolean]>([
  [`http://${HOST}`, false],
  ['https://good.com', false],
  [`https://${HOST}`, true],
  ['http://127.0.0.1', true],
  ['http://127.0.0.1:91000', true],
  ['http://localhost:9100', true],
  ['http://127.0.0.1:3000', true],
  [`http://${HOST}.`, true],
  [`http://${HOST}/`, true],
  [`HTTP://${HOST}`, true],
  [HOST, true],
  ['https://good.com.evil.com', true],
  ['https://evil-good.com', true],
  ['https://GOOD.com', true],
  ['https://good.com, https://good.com', true],
  ['null', true],
  ['', true],
])('a page of %j: foreign is %s, with any Fetch Metadata and method', (origin, expected) => {
  for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']) {
    expect(foreign({ origin }, method)).toBe(expected)
    for (const site of ['cross-site', 'same-site', 'same-origin', 'none']) {
      const metadata = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' }
      expect(foreign({ origin, ...metadata }, method)).toBe(expected)
    }
  }
})

test.each<readonly [site: string, foreign: boolean]>([
  ['cross-site', true],
  ['same-site', true],
  ['same-origin', false],
  ['none', false],
])('without Origin, a request from %s: foreign is %s', (site, expected) => {
  for (const method of ['GET', 'HEAD', 'POST']) {
    expect(foreign({ 'sec-fetch-site': site }, method)).toBe(expected)
    for (const mode of ['no-cors', 'cors', 'same-origin', 'websocket']) {
      const metadata = { 'sec-fetch-site': site, 'sec-fetch-mode': mode }
      expect(foreign(metadata, method)).toBe(expected)
    }
  }
})

test('a link into a tab may come from anywhere, by GET; into a frame it may not', () => {
  for (const site of ['cross-site', 'same-site']) {
    const link = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' }
    expect(foreign(link)).toBe(false)
    expect(foreign({ ...link, 'sec-fetch-dest': 'document' })).toBe(false)
    for (const frame of ['iframe', 'frame', 'embed', 'object', 'empty'])
      expect(foreign({ ...link, 'sec-fetch-dest': frame })).toBe(true)
    for (const method of ['POST', 'HEAD']) expect(foreign(link, method)).toBe(true)
  }
})

test('a program sends neither and is not foreign', () => {
  for (const method of ['GET', 'POST', 'DELETE']) expect(foreign({}, method)).toBe(false)
})

test('the own origin has the scheme that the request came by', () => {
  expect(foreign({ origin: `https://${HOST}` }, 'POST', 'https')).toBe(false)
  expect(foreign({ origin: `http://${HOST}` }, 'POST', 'https')).toBe(true)
})

test('without a Host no origin is the own one', () => {
  const ask = (origin: string): boolean =>
    isForeignOrigin({ method: 'GET', headers: new Headers({ origin }) }, 'http', allowed)
  expect(ask(`http://${HOST}`)).toBe(true)
  expect(ask('http://')).toBe(true)
  expect(ask('http://null')).toBe(true)
  expect(ask('https://good.com')).toBe(false)
})
