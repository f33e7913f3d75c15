import { endOfString } from './json-string.ts'

type Step = string | number

/** An object or an array whose end has not been read. */
interface Open {
  readonly node: Record<string, unknown> | unknown[]
  /** The name that was read last; unused in an array. */
  name: string
  /** Whether its value comes next. */
  named: boolean
}

const STRUCTURE = /[{}[\],]/
const SCALAR = /[^\s{}[\],:"]+/y

/**
 * Reads a JSON text member by member. `JSON.parse` is faster, and may be wrong (`parseStrictJson` says when). Without
 * recursion.
 * @param text valid JSON
 * @param repeated called with the path of the first repeated member; must throw
 * @param met called with each number, `true`, `false` and `null` as it is written, and its path
 */
export function readMembers(
  text: string,
  repeated: (path: readonly Step[]) => never,
  met?: (scalar: string, path: () => readonly Step[]) => void,
): unknown {
  const levels: Open[] = []
  let root: unknown
  let at = 0

  function put(value: unknown): void {
    const level = levels.at(-1)
    if (level === undefined) root = value
    else if (Array.isArray(level.node)) level.node.push(value)
    else {
      // Not by assignment: `__proto__` must be a name like any other.
      const member = { value, writable: true, enumerable: true, configurable: true }
      Object.defineProperty(level.node, level.name, member)
      level.named = false
    }
  }

  function open(node: Open['node']): void {
    put(node)
    levels.push({ node, name: '', named: false })
  }

  function string(value: string): void {
    const level = levels.at(-1)
    if (level === undefined || Array.isArray(level.node) || level.named) return put(value)
    level.name = value
    level.named = true
    if (Object.hasOwn(level.node, value)) repeated(pathOf(levels))
  }

  while (at < text.length) {
    const character = text[at] ?? ''
    if (character === '"') {
      const end = endOfString(text, at)
      string(JSON.parse(text.slice(at, end)) as string)
      at = end
      continue
    }
    SCALAR.lastIndex = at
    const scalar = SCALAR.exec(text)?.[0]
    if (scalar !== undefined) {
      put(JSON.parse(scalar))
      met?.(scalar, () => pathOf(levels))
      at += scalar.length
      continue
    }
    if (STRUCTURE.test(character)) {
      if (character === '{') open({})
      else if (character === '[') open([])
      else if (character !== ',') levels.pop()
    }
    at += 1
  }
  return root
}

/** Of an array, what is open within it is its last item. */
function pathOf(levels: readonly Open[]): Step[] {
  return levels.map(({ node, name }) => (Array.isArray(node) ? node.length - 1 : name))
}
