import { describe, expect, it } from 'vitest'
import { FRAME } from '../../../protocol/tunnel/frame.ts'
import { hex, readWire, unhex, writeWire, type FrameText } from '../../support/wire/wire-text.ts'
import { readPage, section } from './read-pages.ts'

/** A frame in words, and below it the same as bytes. */
const EXAMPLE = /```json\n([^`]+)```\n```hex\n([0-9a-f\s]+)```/gu

interface Example {
  readonly frames: readonly FrameText[]
  readonly wire: string
}

function examplesIn(text: string): Example[] {
  return [...text.matchAll(EXAMPLE)].map(([, words = '', bytes = '']) => ({
    frames: [JSON.parse(words) as FrameText | FrameText[]].flat(),
    wire: bytes.replaceAll(/\s/gu, ''),
  }))
}

describe('protocol/tunnel/README.md', () => {
  const frames = section(readPage('tunnel/README.md'), 'Frames')

  it.each(Object.keys(FRAME))('shows %s as the codec writes and reads it', (name) => {
    const examples = examplesIn(section(frames, name, 3))
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) {
      expect(example.frames.map(({ type }) => type)).toEqual([name])
      expect(example.wire).toBe(hex(writeWire(example.frames)))
      expect(readWire(unhex(example.wire))).toEqual(example.frames)
    }
  })

  it('shows a message of several frames as the codec writes and reads it', () => {
    const [example] = examplesIn(section(frames, 'A message of five frames', 3))
    expect(example?.frames).toHaveLength(5)
    expect(example?.wire).toBe(hex(writeWire(example?.frames ?? [])))
    expect(readWire(unhex(example?.wire ?? ''))).toEqual(example?.frames)
  })

  it('has no bytes without words beside them', () => {
    const blocks = readPage('tunnel/README.md').match(/```hex\n/gu) ?? []
    expect(examplesIn(frames)).toHaveLength(blocks.length)
  })
})
