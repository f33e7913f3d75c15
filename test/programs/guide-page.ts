import { readFileSync } from 'node:fs'

/** The lines of one shell block of a guide. */
export interface ShellBlock {
  /** The heading above it. */
  readonly section: string
  /** What its first line says of the machine: `at home`. */
  readonly where: string
  /** Commands, without what is said behind `#`. */
  readonly lines: readonly string[]
}

export interface GuidePage {
  readonly text: string
  readonly blocks: readonly ShellBlock[]
  /** Every call of `spl` on the page, in blocks and in the text, with something in place of `<sa>`. */
  readonly spl: string
}

export function guidePage(name: string): GuidePage {
  const text = readFileSync(new URL(`../../docs/guides/${name}.md`, import.meta.url), 'utf8')
  const blocks: ShellBlock[] = []
  for (const section of text.split(/^## /mu).slice(1)) {
    const heading = section.slice(0, section.indexOf('\n'))
    for (const [, where = '', body = ''] of section.matchAll(/^```sh\n# (.*)\n([^`]*)^```$/gmu)) {
      const lines = body.split('\n').map((line) => line.replace(/\s+# .*$/u, ''))
      blocks.push({ section: heading, where, lines: lines.filter((line) => line !== '') })
    }
  }
  const inText = [...text.matchAll(/`(spl [^`]+)`/gu)].map(([, call = '']) => call)
  const calls = [...blocks.flatMap(({ lines }) => lines), ...inText]
  return { text, blocks, spl: calls.join('\n').replaceAll(/<[a-z]+>/gu, 'some') }
}
