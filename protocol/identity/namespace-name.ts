/** The namespace of a thread that names none. It exists in every store, and cannot be archived. */
export const DEFAULT_NAMESPACE = 'default'

/** What bounds the name of a namespace. */
export const NAMESPACE_LIMITS = {
  /** Segments of a name: the namespace itself and those above it. */
  levels: 4,
  /** Characters of one segment. */
  segment: 63,
  /** Characters of a whole name. */
  name: 256,
} as const

const { levels, segment, name: longest } = NAMESPACE_LIMITS
const SEGMENT = `[a-z0-9][a-z0-9_-]{0,${segment - 1}}`

/** The form of a name, such as `team/ops`: 1 to 4 segments. It holds no more than `NAMESPACE_LIMITS.name` by itself. */
export const NAMESPACE_NAME = new RegExp(`^${SEGMENT}(?:/${SEGMENT}){0,${levels - 1}}$`)

/** The same in words, to read after the field's name. */
export const NAMESPACE_RULE = `must be the name of a namespace, such as team/ops: up to ${levels} segments of a-z, 0-9, _ and -`

export function isNamespaceName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= longest && NAMESPACE_NAME.test(value)
}

/** The namespaces above one, the outermost first: `team` and `team/ops` for `team/ops/ci`. */
export function namespacesAbove(name: string): readonly string[] {
  const segments = name.split('/')
  return segments.slice(1).map((_, at) => segments.slice(0, at + 1).join('/'))
}

/** Whether a namespace is another one or below it. By segments: `team2` is not in `team`. */
export function isInNamespace(name: string, ancestor: string): boolean {
  return name === ancestor || name.startsWith(`${ancestor}/`)
}
