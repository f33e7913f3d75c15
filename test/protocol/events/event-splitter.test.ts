import { array, assert, constantFrom, nat, property, tuple } from 'fast-check'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { describe, expect, test } from 'vitest'
import { EventSplitter, EventTooLargeError } from '../../../protocol/events/event-splitter.ts'

const MAX = 1024
const bytes = (text: string) => new TextEncoder().encode(text)

/** What was handed on, piece by piece, and the splitter after it. */
function split(pieces: readonly string[], lastId?: string) {
  const splitter = new EventSplitter(MAX, lastId)
  const whole = pieces.map((piece) => {
    const out = splitter.push(bytes(piece))
    return out === undefined ? '' : new TextDecoder().decode(out)
  })
  return { splitter, whole, text: whole.join('') }
}

function eventsOf(text: string): readonly EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  createParser({ onEvent: (event) => void events.push(event) }).feed(text)
  return events
}

describe('the splitter of event streams', () => {
  test.for([
    ['a whole event', ['id: 1\ndata: a\n\n'], 'id: 1\ndata: a\n\n', '1'],
    ['CR', ['id: 1\rdata: a\r\r'], 'id: 1\rdata: a\r\r', '1'],
    ['CR LF', ['id: 1\r\ndata: a\r\n\r\n'], 'id: 1\r\ndata: a\r\n\r\n', '1'],
    ['the rest of a second', ['id: 1\n\nid: 2\nda'], 'id: 1\n\n', '1'],
    ['one in two pieces', ['id: 1\nda', 'ta: a\n\n'], 'id: 1\ndata: a\n\n', '1'],
    ['no id', ['data: a\n\n'], 'data: a\n\n', undefined],
    ['an id without a space', ['id:7\n\n'], 'id:7\n\n', '7'],
    ['an id with two spaces', ['id:  7\n\n'], 'id:  7\n\n', ' 7'],
    ['an id taken back', ['id: 7\n\nid\n\n'], 'id: 7\n\nid\n\n', undefined],
    ['an id that holds until another comes', ['id: 7\n\ndata: b\n\n'], 'id: 7\n\ndata: b\n\n', '7'],
    ['an id with NUL', ['id: 7\n\nid: a\0\n\n'], 'id: 7\n\nid: a\0\n\n', '7'],
    ['a field that only begins like one', ['idx: 7\n\nide\n\n'], 'idx: 7\n\nide\n\n', undefined],
    ['a comment', [': id: 7\n\n'], ': id: 7\n\n', undefined],
    ['a comment without a blank line', [': c\n', ': d'], ': c\n', undefined],
    [
      'how long to wait, without a blank line',
      ['retry: 1000\n', 'retry:5\r'],
      'retry: 1000\nretry:5\r',
      undefined,
    ],
    ['both in front of an event', ['retry: 9\n: c\nid: 7\n'], 'retry: 9\n: c\n', undefined],
    ['a comment inside an event', ['id: 7\n: c\n', 'data: a\n: d\n'], '', undefined],
    ['how long to wait inside an event', ['id: 7\nretry: 5\n'], '', undefined],
    ['an event, a comment and a part', ['id: 7\n\n: c\ndata: a\n'], 'id: 7\n\n: c\n', '7'],
    ['a field that only begins like retry', ['retry\n', 'retrying: 5\n'], '', undefined],
    ['a line that ends in CR at the end of a piece', ['id: 1\r', '\ndata: a\r\n'], '', undefined],
  ] as const)('%s', ([, pieces, text, lastId]) => {
    const result = split(pieces)
    expect(result.text).toBe(text)
    expect(result.splitter.lastId).toBe(lastId)
  })

  test('cut anywhere, the same events are handed on, whole, and nothing else', () => {
    const lines = ['id: 1', 'id: 22', 'data: x', 'event: e', ': c', 'retry: 5', '', '', '', 'id']
    const stream = array(tuple(constantFrom(...lines), constantFrom('\n', '\r\n', '\r'))).map(
      (parts) => parts.map(([line, end]) => line + end).join(''),
    )
    assert(
      property(stream, array(nat({ max: 9 })), (text, sizes) => {
        const pieces: string[] = []
        let at = 0
        for (const size of sizes) pieces.push(text.slice(at, (at += size)))
        pieces.push(text.slice(at))
        const whole = split([text])
        const cut = split(pieces)
        // A LF whose CR ended an event may come one piece later.
        expect(whole.text.replace(/\n$/, '')).toBe(cut.text.replace(/\n$/, ''))
        expect(cut.splitter.lastId).toBe(whole.splitter.lastId)
        for (const piece of cut.whole) if (piece !== '') expect(piece).toMatch(/[\r\n]$/)
        // What is put in between after any of it is put into no event.
        expect(
          eventsOf(cut.whole.map((piece) => piece + (piece === '' ? '' : ':-\n')).join('')),
        ).toEqual(eventsOf(cut.text))
        const rest = cut.splitter.rest()
        expect(cut.text + new TextDecoder().decode(rest)).toBe(text)
      }),
    )
  })

  test('goes on with another answer behind the last whole event, and remembers what came before', () => {
    const { splitter } = split(['id: 5\ndata: a\n\nid: 6\ndat'])
    splitter.restart()
    expect(splitter.lastId).toBe('5')
    expect(splitter.push(bytes('data: b\n\n'))).toEqual(bytes('data: b\n\n'))
    expect(splitter.lastId).toBe('5')
    expect(new EventSplitter(MAX, '4').lastId).toBe('4')
  })

  test('tells whether anything came that has to be asked for again', () => {
    expect(split(['retry: 1000\n: c\n']).splitter.any).toBe(false)
    expect(split(['data: a\n\n']).splitter.any).toBe(true)
  })

  test('refuses an event without an end, for every split', () => {
    expect(() => split(['data: '.padEnd(MAX + 1, 'x')])).toThrow(EventTooLargeError)
    expect(() => split(Array.from({ length: MAX + 1 }, () => 'x'))).toThrow(EventTooLargeError)
    const long = `id: ${'9'.repeat(MAX)}\n\n`
    expect(() => split([long.slice(0, 900), long.slice(900)])).not.toThrow()
  })
})
