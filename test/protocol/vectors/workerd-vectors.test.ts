import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { COMPATIBILITY_DATE } from '../../../local-daemon/gateway/compatibility-date.ts'
import { expectedAnswers, vectorNames } from './expected-answers.ts'
import { answerVectors } from './vector-answers.ts'
import type { Answers } from './vector-answers.ts'
import { readVectors } from './vectors.ts'

const WORKER = `
  import { answerVectors } from './vector-answers.ts'
  export default {
    async fetch(request) {
      return Response.json(await answerVectors(await request.json()))
    },
  }
`
const vectors = readVectors()
const expected = expectedAnswers(vectors)
const names = vectorNames(vectors)
let runtime: Miniflare | undefined
let answers: Answers

beforeAll(async () => {
  const bundle = await build({
    stdin: { contents: WORKER, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'es2024',
    write: false,
  })
  const contents = bundle.outputFiles[0]?.text ?? ''
  runtime = new Miniflare({
    telemetry: { enabled: false },
    workers: [
      {
        config: {
          name: 'vectors',
          compatibilityDate: COMPATIBILITY_DATE,
          manifest: {
            mainModule: 'worker.mjs',
            modulesRoot: import.meta.dirname,
            modules: { 'worker.mjs': { type: 'esm', contents } },
          },
        },
      },
    ],
  })
  const response = await runtime.dispatchFetch('http://worker.example/', {
    method: 'POST',
    body: JSON.stringify(vectors),
  })
  if (!response.ok) throw new Error(await response.text())
  answers = (await response.json()) as Answers
})

afterAll(() => runtime?.dispose())

test.each(Object.keys(expected))('%s: workerd answers as the vectors say', (group) => {
  const named = (list: readonly unknown[] | undefined): unknown[] =>
    (list ?? []).map((answer, index) => [names[group]?.[index], answer])
  expect(named(answers[group])).toEqual(named(expected[group]))
})

test('workerd and Node give the same answer to everything', async () => {
  expect(answers).toEqual(JSON.parse(JSON.stringify(await answerVectors(vectors))))
})
