import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Counter } from '../../../local-daemon/metrics/counter.ts'
import { exposition, type Family } from '../../../protocol/http/exposition.ts'
import { Histogram } from '../../../local-daemon/metrics/histogram.ts'
import { parsePrometheus } from '../../support/prometheus-text.ts'

describe('the text format', () => {
  test('is written to the letter', () => {
    const requests = new Counter('spl_x_total', 'Back\\slash\nand "quotes".', ['path', 'via'])
    requests.add(['C:\\DIR\\"FILE"\n', 'tunnel'], 3)
    requests.add(['', 'socket'])
    expect(exposition([requests.family()])).toBe(
      [
        String.raw`# HELP spl_x_total Back\\slash\nand "quotes".`,
        '# TYPE spl_x_total counter',
        String.raw`spl_x_total{path="C:\\DIR\\\"FILE\"\n",via="tunnel"} 3`,
        'spl_x_total{path="",via="socket"} 1',
        '',
      ].join('\n'),
    )
  })

  test('of a histogram has cumulative buckets, a sum and a count', () => {
    const times = new Histogram('spl_s', 'Time.', ['via'], [0.1, 1])
    for (const value of [0.05, 0.1, 0.5, 7]) times.observe(['tunnel'], value)
    expect(exposition([times.family()])).toBe(
      [
        '# HELP spl_s Time.',
        '# TYPE spl_s histogram',
        'spl_s_bucket{via="tunnel",le="0.1"} 2',
        'spl_s_bucket{via="tunnel",le="1"} 3',
        'spl_s_bucket{via="tunnel",le="+Inf"} 4',
        'spl_s_sum{via="tunnel"} 7.65',
        'spl_s_count{via="tunnel"} 4',
        '',
      ].join('\n'),
    )
  })

  test.each([
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [Number.NaN, 'NaN'],
    [1e21, '1e+21'],
    [1.5e-7, '1.5e-7'],
  ])('writes %d as Go reads it', (value, text) => {
    const family: Family = { name: 'x', help: '', type: 'gauge', samples: [{ value }] }
    expect(exposition([family]).split('\n')[2]).toBe(`x ${text}`)
  })

  test('no label value can break out of its line, and each is read back', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'binary' }), { minLength: 1 }), (values) => {
        const counter = new Counter('spl_x_total', values.join(''), ['value'])
        for (const value of values) counter.add([value])
        const parsed = parsePrometheus(exposition([counter.family()])).get('spl_x_total')
        expect(parsed?.samples.map(({ labels }) => labels['value'])).toEqual(values)
        expect(parsed?.help).toBe(values.join(''))
      }),
    )
  })
})

describe('the parser of these tests refuses', () => {
  const head = '# HELP a_total A.\n# TYPE a_total counter\n'
  test.each([
    ['an end without a line feed', `${head}a_total 1`, 'does not end'],
    ['a value that is no number', `${head}a_total x\n`, 'no number'],
    ['a family without a head', 'a_total 1\n', 'does not belong'],
    ['a sample of another family', `${head}b_total 1\n`, 'does not belong'],
    ['a series twice', `${head}a_total 1\na_total 2\n`, 'twice'],
    ['a raw quote', `${head}a_total{x="a"b"} 1\n`, 'no label'],
    ['an empty line', `${head}\na_total 1\n`, 'no sample'],
    ['a counter without _total', '# HELP a A.\n# TYPE a counter\na 1\n', 'is a counter'],
    [
      'buckets that shrink',
      '# HELP h H.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
      'buckets',
    ],
  ])('%s', (_name, text, reason) => {
    expect(() => parsePrometheus(text)).toThrow(reason)
  })
})
