import type { NamespaceRow } from '../../store/rows.ts'
import { archivedWith } from '../../store/namespaces/require-namespace.ts'
import type { StoreReader } from '../../store/reader.ts'
import { jsonAnswer } from '../answers/answer.ts'
import { listPage } from '../answers/list-page.ts'
import { parseBody, parseInput } from '../input/parse-input.ts'
import { answers, jsonBody } from '../schemas/describe.ts'
import {
  Namespace,
  NamespaceChange,
  NamespaceList,
  NewNamespace,
} from '../schemas/namespace-schemas.ts'
import { PageQuery } from '../schemas/schemas.ts'
import type { RouteParts } from './route-parts.ts'

/** Before `default`, which no record made. */
const BEFORE_ALL = -1

/** Namespaces: where threads belong. Each change is a record, in force from the next write. */
export function addNamespaces({ router, authorise, store, namespaces, viewOf }: RouteParts): void {
  router.on(
    {
      method: 'post',
      path: '/v1/namespaces',
      operationId: 'createNamespace',
      refuses: ['NAMESPACE_REJECTED'],
      summary: 'Make a namespace; the one above it must exist',
      request: jsonBody(NewNamespace),
      responses: {
        201: answers(Namespace, 'Made'),
        200: answers(Namespace, 'It was there already, and stays as it is'),
      },
    },
    async (c) => {
      const { name, description } = await parseBody(NewNamespace, c, authorise)
      const created = await namespaces.create(name, description)
      return jsonAnswer(c.env, created ? 201 : 200, shown(name))
    },
  )

  router.on(
    {
      method: 'get',
      path: '/v1/namespaces',
      operationId: 'listNamespaces',
      summary: 'Namespaces, the oldest first',
      request: { query: PageQuery },
      responses: { 200: answers(NamespaceList, 'Namespaces') },
    },
    (c) => {
      const query = parseInput(PageQuery, c.get('query'))
      const view = viewOf(c)
      const read = (after: number, limit: number) => view.namespaces(after, limit)
      const page = listPage(read, query, view, BEFORE_ALL)
      return jsonAnswer(
        c.env,
        200,
        page((row) => toNamespace(store, row)),
      )
    },
  )

  router.on(
    {
      method: 'patch',
      path: '/v1/namespaces',
      operationId: 'changeNamespace',
      refuses: ['NOT_FOUND', 'NAMESPACE_REJECTED'],
      summary: 'Archive a namespace with all below it, open it again, or describe it',
      request: jsonBody(NamespaceChange),
      responses: { 200: answers(Namespace, 'As it is now') },
    },
    async (c) => {
      const { name, ...change } = await parseBody(NamespaceChange, c, authorise)
      await namespaces.change(name, change)
      return jsonAnswer(c.env, 200, shown(name))
    },
  )

  function shown(name: string): string {
    const row = store.namespace(name)
    return JSON.stringify(row && toNamespace(store, row))
  }
}

function toNamespace(store: Pick<StoreReader, 'namespace'>, row: NamespaceRow) {
  const closedBy = archivedWith(store, row.name) ?? null
  return {
    object: 'namespace',
    name: row.name,
    description: row.description,
    status: closedBy === null ? 'active' : 'archived',
    archived_with: closedBy,
    threads: row.threads,
    records: row.records,
    created_at: row.created_at,
    archived_at: row.archived_at,
  }
}
