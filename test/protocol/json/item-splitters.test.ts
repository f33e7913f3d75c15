import { describe, expect, it } from 'vitest'
import { ArraySplitter } from '../../../protocol/json/array-splitter.ts'
import { type ItemSplitter, LineSplitter } from '../../../protocol/json/line-splitter.ts'

const encode = (text: string) => new TextEncoder().encode(text)
type Item = readonly [line: number, text: string | undefined]

/** What comes out of chunks; their memory is written over once they are taken, as a socket does. */
function split(splitter: ItemSplitter, chunks: readonly Uint8Array[]): Item[] {
  const items: Item[] = []
  const take = (from: ItemSplitter['push'] extends (chunk: Uint8Array) => infer I ? I : never) => {
    for (const { line, bytes } of from) {
      items.push([line, bytes && new TextDecoder('utf-8', { fatal: true }).decode(bytes)])
    }
  }
  for (const chunk of chunks) {
    const memory = chunk.slice()
    take(splitter.push(memory))
    memory.fill(0x5d)
  }
  take(splitter.end())
  return items
}

function inPieces(text: string, size: number): Uint8Array[] {
  const bytes = encode(text)
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size),
  )
}

const LINES = '{"a":"é\\n","b":[1]}\n\r\n  \n["😀"]\r\nnull\n{"last":"without a line feed"}'
const LINES_ITEMS: Item[] = [
  [1, '{"a":"é\\n","b":[1]}'],
  [4, '["😀"]\r'],
  [5, 'null'],
  [6, '{"last":"without a line feed"}'],
]
const ARRAY =
  ' [ {"a":"],[\\"}{","b":[[1,2],{"c":[]}]} , "x,]\\\\" ,1,[],{},"\\u005d,"\n, null ] \n'
const ARRAY_VALUES = JSON.parse(ARRAY) as unknown[]

describe('lines', () => {
  it('come whole and with their numbers, wherever their bytes are cut', () => {
    for (let size = 1; size <= encode(LINES).length; size += 1) {
      expect(split(new LineSplitter(1_000), inPieces(LINES, size))).toEqual(LINES_ITEMS)
    }
  })

  it('that are too long are dropped, with their number, and the others stay', () => {
    const text = `1\n${'x'.repeat(11)}\n${'y'.repeat(10)}\n${'z'.repeat(5000)}\n2`
    for (const size of [1, 2, 7, 10, 11, 12, 4096, 8192]) {
      expect(split(new LineSplitter(10), inPieces(text, size))).toEqual([
        [1, '1'],
        [2, undefined],
        [3, 'y'.repeat(10)],
        [4, undefined],
        [5, '2'],
      ])
    }
  })

  it('there are none in an empty or blank body', () => {
    expect(split(new LineSplitter(10), [])).toEqual([])
    expect(split(new LineSplitter(10), [encode('\n\n  \r\n')])).toEqual([])
  })
})

describe('the elements of an array', () => {
  it('come whole and in order, wherever their bytes are cut', () => {
    for (let size = 1; size <= encode(ARRAY).length; size += 1) {
      const items = split(new ArraySplitter(1_000), inPieces(ARRAY, size))
      expect(items.map(([, text]) => JSON.parse(text ?? '') as unknown)).toEqual(ARRAY_VALUES)
      expect(items.map(([line]) => line)).toEqual(items.map((_, index) => index + 1))
    }
  })

  it('that are too long are dropped, and the others stay', () => {
    const text = `[1,"${'],['.repeat(50)}",[${'[],'.repeat(50)}[]],2]`
    for (const size of [1, 3, 16, 4096]) {
      expect(split(new ArraySplitter(20), inPieces(text, size))).toEqual([
        [1, '1'],
        [2, undefined],
        [3, undefined],
        [4, '2'],
      ])
    }
  })

  it('may have a byte order mark in front of all, and nowhere else', () => {
    for (const size of [1, 2, 3, 4, 5, 100]) {
      expect(split(new ArraySplitter(10), inPieces('\ufeff [1]', size))).toEqual([[1, '1']])
    }
    for (const text of [' \ufeff[1]', '\ufeff\ufeff[1]', '\ufeef[1]']) {
      expect(() => split(new ArraySplitter(10), [encode(text)])).toThrow('does not begin with [')
    }
    expect(() => split(new ArraySplitter(10), [encode('[1]\ufeff')])).toThrow('Text follows')
  })

  it('there are none in an empty array', () => {
    expect(split(new ArraySplitter(10), [encode(' [ ]\n')])).toEqual([])
  })

  it('that are missing are items without text, which is no JSON', () => {
    expect(split(new ArraySplitter(10), [encode('[,1,]')])).toEqual([
      [1, ''],
      [2, '1'],
      [3, ''],
    ])
  })

  it.each([
    ['', 'There is no array'],
    ['  ', 'There is no array'],
    ['{}', 'The array does not begin with ['],
    ['[1', 'The array does not end'],
    ['[1,"]', 'The array does not end'],
    ['[{"a":1]', 'The array does not end'],
    ['[1]2', 'Text follows the end of the array'],
    ['[1}', 'A } closes nothing'],
  ])('cannot be told apart in %j', (text, message) => {
    for (const size of [1, 2, 100]) {
      expect(() => split(new ArraySplitter(100), inPieces(text, size))).toThrow(message)
    }
  })
})
