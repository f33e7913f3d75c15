import { existsSync, readFileSync } from 'node:fs'
import type { Profiler } from 'node:inspector'
import { describe, expect, test } from 'vitest'
import { attribute, sourcesOfLines, stageOf } from './attribute.ts'
import { benchOptions } from '../options.ts'
import { DAEMON_STAGES, GARBAGE, GATEWAY_STAGES, NATIVE, OTHER_CODE } from './stage-table.ts'

const ROOT = new URL('../../../', import.meta.url)

describe('the table of stages', () => {
  const rows = [...GATEWAY_STAGES, ...DAEMON_STAGES]

  test.each(rows.flatMap(({ files }) => files))('names %s, which is there', (file) => {
    expect(existsSync(new URL(file, ROOT))).toBe(true)
  })

  const functions = rows.flatMap(({ files, functions: names = [] }) =>
    files.flatMap((file) => names.map((name) => ({ file, name }))),
  )
  test.each(functions)('names $name, which $file declares', ({ file, name }) => {
    const source = readFileSync(new URL(file, ROOT), 'utf8')
    expect(source).toMatch(
      new RegExp(String.raw`^ *(?:(?:override|async|export|function) )*${name}\(.*\{$`, 'mu'),
    )
  })

  test('takes the first row that names the file, and the function where the row names some', () => {
    const object = 'edge-gateway/tunnel/tunnel-object.ts'
    expect(stageOf('webSocketMessage', object, GATEWAY_STAGES)).toBe('object: frame in')
    expect(stageOf('fetch', object, GATEWAY_STAGES)).toBe('object: dispatch')
    expect(stageOf('x', 'protocol/http/origin.ts', GATEWAY_STAGES)).toBeUndefined()
    expect(stageOf('x', undefined, GATEWAY_STAGES)).toBeUndefined()
  })
})

function node(id: number, functionName: string, url: string, children: number[]) {
  const callFrame = { functionName, scriptId: '1', url, lineNumber: 0, columnNumber: 0 }
  return { id, callFrame, children }
}

const profile: Profiler.Profile = {
  nodes: [
    node(1, '(root)', '', [2, 4, 5, 6, 7, 8]),
    node(2, 'relay', 'edge-gateway/worker/relay.ts', [3]),
    node(3, 'fetch', '', []),
    node(4, '(idle)', '', []),
    node(5, '(program)', '', []),
    node(6, '(garbage collector)', '', []),
    node(7, 'shared', 'protocol/http/origin.ts', []),
    node(8, 'enter', 'edge-gateway/door/enter.ts', [9]),
    node(9, 'shared', 'protocol/http/origin.ts', []),
  ],
  startTime: 0,
  endTime: 0,
  samples: [2, 3, 4, 5, 6, 7, 9, 4],
  timeDeltas: [5, 10, 10, 900, 10, 10, 10, 10],
}

test('a sample counts for the innermost stage, idle ones for none, and all are as much as the CPU', () => {
  const found = attribute(profile, GATEWAY_STAGES, ({ url }) => url, 120)
  expect(Object.fromEntries([...found].filter(([, us]) => us > 0))).toEqual({
    'worker: hand-over': 40,
    'worker: form': 20,
    [NATIVE]: 20,
    [GARBAGE]: 20,
    [OTHER_CODE]: 20,
  })
})

test('each line of a bundle is known by the comment before it', () => {
  const bundle = 'import "x";\n// protocol/a.ts\nfunction a() {}\n// a remark\n// x/b-c.ts\nlet b'
  expect(sourcesOfLines(bundle)).toEqual([
    undefined,
    ...Array.from({ length: 3 }, () => 'protocol/a.ts'),
    'x/b-c.ts',
    'x/b-c.ts',
  ])
})

test('--profile may have a folder', () => {
  expect(benchOptions([]).profile).toBeUndefined()
  expect(benchOptions(['--profile']).profile).toBe('')
  expect(benchOptions(['--profile', '--seconds', '2'])).toMatchObject({ profile: '', seconds: 2 })
  expect(benchOptions(['--profile', 'out']).profile).toBe('out')
})
