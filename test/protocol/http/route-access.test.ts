import { describe, expect, test } from 'vitest'
import { pathOf, ROUTE_ACCESS, routeAccess } from '../../../protocol/http/route-access.ts'

describe('the rule of a request', () => {
  test.each(Object.keys(ROUTE_ACCESS))('%s is found by its route', (route) => {
    const [method = '', path = ''] = route.split(' ')
    const target = path.replaceAll(/\{\w+\}/g, 'x1')
    expect(routeAccess(method, target)).toBe(ROUTE_ACCESS[route])
    expect(routeAccess(method, `${target}?a=b/c?d`)).toBe(ROUTE_ACCESS[route])
    const head = method === 'GET' ? ROUTE_ACCESS[route] : undefined
    if (head !== undefined) expect(routeAccess('HEAD', target)).toBe(head)
    expect(routeAccess(method, `${target}/`)).toBeUndefined()
    expect(routeAccess(method.toLowerCase(), target)).toBeUndefined()
    expect(routeAccess('PUT', target)).toBeUndefined()
  })

  test.each([
    ['GET', '/v1/records/'],
    ['GET', '/v1/records/a/b'],
    ['GET', '/V1/records'],
    ['GET', '/'],
    ['GET', '/v1/threads//records'],
    ['GET', '/health/x'],
    ['POST', '/v1/tokens/other/rotate'],
    ['GET', '/constructor'],
    ['__proto__', '/health'],
  ])('%s %s has none', (method, target) => {
    expect(routeAccess(method, target)).toBeUndefined()
  })
})

test('a path ends where the query begins', () => {
  expect([pathOf('/a'), pathOf('/a?b'), pathOf('/?'), pathOf('/a?b?c')]).toEqual([
    '/a',
    '/a',
    '/',
    '/a',
  ])
})

test('one route is local, one takes invites, and tickets open streams alone', () => {
  const marked = (mark: 'local' | 'ticket' | 'invite') =>
    Object.keys(ROUTE_ACCESS).filter((route) => ROUTE_ACCESS[route]?.[mark] === true)
  expect(marked('local')).toEqual(['POST /v1/bootstrap/service-account'])
  expect(marked('invite')).toEqual(['POST /v1/invites/redeem'])
  expect(marked('ticket')).toEqual([
    'GET /v1/sync/changes',
    'GET /v1/sync/subscribe',
    'GET /v1/connection',
    'GET /v1/connection/events',
  ])
})
