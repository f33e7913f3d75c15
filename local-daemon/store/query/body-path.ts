import type { PathStep } from './condition.ts'

/** `.name`, `."any name"` as a JSON string, `["any name"]`, or `[3]`. */
const STEP = /\.([^.[\]"]+)|\.("(?:[^"\\]|\\.)*")|\[("(?:[^"\\]|\\.)*")\]|\[(0|[1-9]\d{0,8})\]/uy

/**
 * The steps of `body.items[3]."odd.name"`; undefined for text of another form. Everything in a name is data: `$`, `*`,
 * `__proto__` and spaces too. Names with a dot, a bracket or a quote stand in quotes.
 * @param text without `body`
 */
export function parseBodyPath(text: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = []
  let at = 0
  while (at < text.length) {
    STEP.lastIndex = at
    const found = STEP.exec(text)
    if (found === null) return undefined
    const [whole, plain, quoted = found[3], , index] = found
    if (index !== undefined) steps.push(Number(index))
    else {
      const name = plain ?? unquote(quoted)
      if (name === undefined) return undefined
      steps.push(name)
    }
    at += whole.length
  }
  return steps.length === 0 ? undefined : steps
}

function unquote(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as string)
  } catch {
    return undefined
  }
}

/** The path in SQLite's form, for a statement's parameter: each name is a JSON string, so nothing in it is syntax. */
export function sqlitePath(path: readonly PathStep[]): string {
  const steps = path.map((step) =>
    typeof step === 'number' ? `[${step}]` : `.${JSON.stringify(step)}`,
  )
  return `$.body${steps.join('')}`
}

/** Names that stand in a path as they are. */
const PLAIN = /^[\p{L}\p{N}_$-]+$/u

/** The path as `parseBodyPath` reads it, with `body` in front. */
export function formatBodyPath(path: readonly PathStep[]): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`
    return PLAIN.test(step) ? `.${step}` : `.${JSON.stringify(step)}`
  })
  return `body${steps.join('')}`
}
