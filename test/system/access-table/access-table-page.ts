import { CREDENTIALS } from './access-table-credentials.ts'
import { FIRST_ACCOUNT } from './access-table-first-account.ts'
import { DOORS, ROUTES, WAYS } from './access-table-routes.ts'

/** The tables as they stand in docs/appendix/access.md, between its markers. */
export function accessTables(): string {
  const routes = ROUTES.map(({ route, opens, ways }) => {
    const scopes = typeof opens === 'string' ? opens : opens.map(code).join(', ')
    return row([code(route), scopes, ...WAYS.map((way) => answer(ways[way]))])
  })
  const credentials = CREDENTIALS.map(({ shows, at }) => row([shows, ...at.map(answer)]))
  return [
    ...head(['route', 'scopes', ...WAYS]),
    ...routes,
    '',
    ...head(['the request shows', ...DOORS]),
    ...credentials,
    '',
    ...head(['`Authorization` holds', ...WAYS]),
    ...FIRST_ACCOUNT.map(({ shows, ways }) =>
      row([shows, ...WAYS.map((way) => answer(ways[way]))]),
    ),
  ].join('\n')
}

function head(cells: readonly string[]): string[] {
  return [row(cells), `|${'---|'.repeat(cells.length)}`]
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** A door reads as a word, an answer as code. */
function answer(cell: string): string {
  return /^\d/.test(cell) ? code(cell) : cell
}

function code(text: string): string {
  return `\`${text}\``
}
