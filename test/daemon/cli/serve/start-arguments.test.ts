import { describe, expect, test } from 'vitest'
import { parseStore } from '../../../../local-daemon/cli/parse/store.ts'
import {
  foregroundLine,
  keptArguments,
} from '../../../../local-daemon/cli/serve/start-arguments.ts'
import {
  readArguments,
  type StartArguments,
} from '../../../../local-daemon/cli/client/start-arguments.ts'
import { homeAt } from '../../../../local-daemon/home/home.ts'

const LAST: StartArguments = {
  host: '10.0.0.5',
  port: 9200,
  insecureLocalhost: false,
  gateway: 'https://spl.example.com',
  gatewayCa: null,
  store: '/data/other.db',
  memory: false,
}

describe('what a restart starts with', () => {
  test('is what was used last, and what is given wins', () => {
    expect(keptArguments(LAST, {})).toEqual(LAST)
    expect(keptArguments(LAST, { port: 1, host: '127.0.0.1' })).toEqual({
      ...LAST,
      port: 1,
      host: '127.0.0.1',
    })
  })

  test('is one store, not two', () => {
    expect(keptArguments(LAST, { memory: true })).toMatchObject({ memory: true, store: null })
    const inMemory = { ...LAST, memory: true, store: null }
    expect(keptArguments(inMemory, { store: '/a.db' })).toMatchObject({
      memory: false,
      store: '/a.db',
    })
  })

  test('is read from what an earlier start wrote, or not at all', () => {
    expect(readArguments(JSON.parse(JSON.stringify(LAST)))).toEqual(LAST)
    for (const damaged of [
      undefined,
      null,
      [],
      {},
      { ...LAST, port: '1' },
      { ...LAST, port: 1.5 },
      { ...LAST, port: 70_000 },
      { ...LAST, gateway: 1 },
      { ...LAST, memory: null },
    ]) {
      expect(readArguments(damaged)).toBeUndefined()
    }
    expect(readArguments({ ...LAST, token: 'x' })).toEqual(LAST)
  })
})

test('the line of a daemon holds its arguments', () => {
  expect(foregroundLine(homeAt('/h'), { ...LAST, insecureLocalhost: true })).toEqual([
    'serve',
    '--foreground',
    '--home=/h',
    '--host=10.0.0.5',
    '--port=9200',
    '--insecure-localhost',
    '--gateway=https://spl.example.com',
    '--store=/data/other.db',
  ])
})

describe('--store', () => {
  test.for([
    ['/a/b.db', '/a/b.db'],
    ['sqlite:///a/b.db', '/a/b.db'],
    ['sqlite:///a%20b.db', '/a b.db'],
    ['/a/../b.db', '/b.db'],
    ['b.db', `${process.cwd()}/b.db`],
  ] as const)('%s is %s', ([text, path]) => {
    expect(parseStore(text)).toBe(path)
  })

  test.for([
    'postgres://x/y',
    'sqlite://host/a.db',
    'sqlite:a.db',
    'file:///a.db',
    ':memory:',
    'sqlite::memory:',
    'sqlite:///:memory:',
    'sqlite:///%zz',
    '',
  ])('%s is refused', (text) => {
    expect(() => parseStore(text)).toThrow(/--memory|SQLite|%25/)
  })
})
