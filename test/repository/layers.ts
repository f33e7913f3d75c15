import { globSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A folder of a part, as a row of ARCHITECTURE.md tells of it. */
export interface Layer {
  readonly part: string
  /** `store/`, or `*.ts` for the files that are in no folder of the part. */
  readonly folder: string
  /** The highest layer that it may import; undefined for the lowest. */
  readonly upTo: string | undefined
}

const ROW =
  /^\|[^|]+\| `(protocol|edge-gateway|local-daemon)\/([\w-]+\/|\*\.ts)` \|.*\| (?:nothing|up to `([^`]+)`) \|$/gmu

/** The layers of the page, part by part, lowest first. */
export function layersOf(page: string): readonly Layer[] {
  return [...page.matchAll(ROW)].map(([, part = '', folder = '', upTo]) => ({ part, folder, upTo }))
}

/** What a layer may not import of its part. */
export function forbiddenTo(layer: Layer, all: readonly Layer[]): readonly Layer[] {
  const own = all.filter(({ part }) => part === layer.part)
  const highest = own.findIndex(({ folder }) => folder === layer.upTo)
  return own.filter((other, at) => at > highest && other !== layer)
}

/** The folders that a part has, and `*.ts` for files beside them. */
export function foldersOf(part: string): string[] {
  const files = globSync(`${part}/**/*.ts`, { cwd: ROOT, exclude: ['**/*.d.ts'] })
  const folders = files.map((file) => {
    const [, first = '', ...rest] = file.split('/')
    return rest.length === 0 ? '*.ts' : `${first}/`
  })
  return [...new Set(folders)].toSorted()
}

interface ImportRule {
  readonly patterns: readonly object[]
  readonly paths?: readonly object[]
}

/** What holds for every file of a part. */
const OF_PART: Readonly<Record<string, ImportRule>> = {
  protocol: {
    patterns: [
      {
        group: ['**/local-daemon/**', '**/edge-gateway/**', '**/test/**', '../../**'],
        message: 'protocol/ imports nothing of ours.',
      },
      { group: ['node:*', 'cloudflare:*'], message: 'protocol/ is pure: no platform imports.' },
    ],
  },
  'edge-gateway': {
    patterns: [
      {
        group: ['**/local-daemon/**', '**/test/**'],
        message: 'edge-gateway/ imports only protocol/.',
      },
      { group: ['node:*'], message: 'edge-gateway/ runs on Workers.' },
    ],
  },
  'local-daemon': {
    patterns: [
      {
        group: ['**/edge-gateway/**', '**/test/**'],
        message: 'local-daemon/ imports only protocol/.',
      },
      { group: ['cloudflare:*'], message: 'local-daemon/ runs on Node.' },
    ],
    paths: [
      {
        name: 'node:util',
        importNames: ['styleText'],
        message: 'Styles come from cli/output/styled.ts, which makes a text safe first.',
      },
    ],
  },
}

/** The linter's rules that say the same as the page. */
export function rulesOf(layers: readonly Layer[]): object {
  const overrides = layers.map((layer) => {
    const { patterns, paths = [] } = OF_PART[layer.part] ?? { patterns: [] }
    const arrows = arrowsOf(layer, forbiddenTo(layer, layers))
    const rule = { patterns: [...patterns, ...arrows], ...(paths.length > 0 && { paths }) }
    const files = [`${layer.part}/${layer.folder === '*.ts' ? '*.ts' : `${layer.folder}**`}`]
    return { files, rules: { 'no-restricted-imports': ['error', rule] } }
  })
  // Without plugins of its own it would add those that are on by default.
  return { plugins: [], overrides }
}

/** Only the shortest way to a file is matched, so a longer one is refused. */
function arrowsOf(layer: Layer, forbidden: readonly Layer[]): object[] {
  const folders = forbidden.flatMap(({ folder }) => (folder === '*.ts' ? [] : folder.slice(0, -1)))
  const files = forbidden.some(({ folder }) => folder === '*.ts') ? rootFiles(layer.part) : []
  const isRoot = layer.folder === '*.ts'
  const up = isRoot ? String.raw`^\./` : String.raw`^(?:\.\./)+`
  const message = `${layer.part}/${layer.folder} may import ${layer.upTo === undefined ? 'no other layer' : `up to ${layer.upTo}`}: see ARCHITECTURE.md, Layers.`
  const names = [
    ...(folders.length > 0 ? [`${up}(?:${folders.join('|')})/`] : []),
    ...(files.length > 0 ? [String.raw`${up}(?:${files.join('|')})\.ts$`] : []),
    String.raw`/${layer.part}/|^\./\.\./|[^./]/\.\./`,
  ]
  return names.map((regex) => ({ regex, message }))
}

function rootFiles(part: string): string[] {
  const files = globSync(`${part}/*.ts`, { cwd: ROOT }).filter((file) => dirname(file) === part)
  return files.map((file) => file.slice(part.length + 1, -'.ts'.length)).toSorted()
}

export function architecture(): string {
  return readFileSync(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8')
}
