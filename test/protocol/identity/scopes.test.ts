import { expect, test } from 'vitest'

import { hasScope, isScope, SCOPES } from '../../../protocol/identity/scopes.ts'

test('the list of scopes is closed', () => {
  for (const scope of SCOPES) expect(isScope(scope)).toBe(true)
  const others = ['', 'Admin', 'admin ', 'records', 'records:*', 'records:readwrite', 'toString']
  for (const other of others) expect(isScope(other)).toBe(false)
})

test('a scope grants itself alone, and admin grants all', () => {
  for (const required of SCOPES) {
    const grants = SCOPES.filter((scope) => hasScope([scope], required))
    expect(grants).toEqual(required === 'admin' ? ['admin'] : [required, 'admin'])
    expect(hasScope([], required)).toBe(false)
    expect(hasScope(['records:*', '*', 'ADMIN'], required)).toBe(false)
  }
})
