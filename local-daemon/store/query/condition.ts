import type { JsonValue } from '../../../protocol/json/json-value.ts'
import type { ColumnName } from './record-columns.ts'

/** A step into a body: the name of a member, or the index of an item. */
export type PathStep = string | number

/** What a condition looks at. */
export type Field =
  | { readonly kind: 'column'; readonly name: ColumnName }
  | { readonly kind: 'body'; readonly path: readonly PathStep[] }

export type Comparison = '>' | '>=' | '<' | '<='

/**
 * A filter, parsed. Each condition is true or false for each record, never unknown: a comparison with a member that is not
 * there, or of another type, is false. So `$ne`, `$nin` and `$not` are true exactly where what they negate is false.
 */
export type Condition =
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  /** The field is one of these values, of the same type. */
  | { readonly kind: 'in'; readonly field: Field; readonly values: readonly JsonValue[] }
  | {
      readonly kind: 'compare'
      readonly field: Field
      readonly by: Comparison
      readonly value: number | string
    }
  | {
      readonly kind: 'like'
      readonly field: Field
      readonly pattern: string
      /** Whether letter case does not count. */
      readonly folded: boolean
    }
  | { readonly kind: 'exists'; readonly field: Field }
  /** The body has each of these words, folded, in some text: see `hasWords`. A filter cannot say it. */
  | { readonly kind: 'words'; readonly words: readonly string[] }
