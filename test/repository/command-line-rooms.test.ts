import { globSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { expect, test } from 'vitest'

const CLI = resolve(import.meta.dirname, '../../local-daemon/cli')
/** What the commands share; every other folder is a noun, with its commands and what they need. */
const SHARED = ['client', 'output', 'parse', 'signals']
const MOST_FILES = 30

const files = globSync('**/*.ts', { cwd: CLI }).map((file) => ({
  file,
  room: file.split(sep).slice(0, -1)[0] ?? '.',
  text: readFileSync(resolve(CLI, file), 'utf8'),
}))

/** The rooms of the command line that a file imports from; `.` for what lies beside `spl.ts`. */
function roomsOf({ file, text }: (typeof files)[number]): readonly string[] {
  const paths = [...text.matchAll(/(?:from|import\() ?'(\.[^']+)'/gu)].map(([, path = '']) =>
    relative(CLI, resolve(CLI, dirname(file), path)),
  )
  return paths
    .filter((path) => !path.startsWith('..'))
    .map((path) => path.split(sep).slice(0, -1)[0] ?? '.')
}

test('what the commands share imports no command', () => {
  const wrong = files
    .filter(({ room }) => SHARED.includes(room))
    .flatMap((one) => roomsOf(one).map((room) => `${one.file} -> ${room}`))
    .filter((arrow) => !['.', ...SHARED].includes(arrow.split(' -> ')[1] ?? ''))
  expect(wrong).toEqual([])
})

test('parse/ and signals/ ask no daemon', () => {
  const wrong = files
    .filter(({ room }) => room === 'parse' || room === 'signals')
    .filter((one) => roomsOf(one).includes('client'))
  expect(wrong.map(({ file }) => file)).toEqual([])
})

test('arguments are parsed in parse/ alone, and fail in one way', () => {
  const wrong = files.filter(
    ({ room, text }) => room !== 'parse' && text.includes('InvalidArgumentError'),
  )
  expect(wrong.map(({ file }) => file)).toEqual([])
})

test('a command reads as its manual: summary, arguments and options, examples, what it does', () => {
  const order = [
    '.description(',
    /\.(?:add)?(?:requiredO|O|o|A|a)(?:ption|rgument)\(/u,
    'examples(',
    '.action(',
  ]
  const wrong = files
    .filter(({ text }) => text.includes('.command(') && text.includes('.action('))
    .filter(({ text }) => {
      const body = text.slice(text.indexOf('.command('))
      const places = order
        .map((part) =>
          body.search(typeof part === 'string' ? part.replaceAll(/[.()]/gu, '\\$&') : part),
        )
        .filter((at) => at >= 0)
      return !places.every((at, index) => index === 0 || at > (places[index - 1] ?? 0))
    })
  expect(wrong.map(({ file }) => file)).toEqual([])
})

test(`no folder has more than ${MOST_FILES} files`, () => {
  const counts = Object.groupBy(files, ({ file }) => dirname(file))
  const full = Object.entries(counts).filter(([, inside]) => (inside?.length ?? 0) > MOST_FILES)
  expect(full.map(([folder]) => folder)).toEqual([])
})
