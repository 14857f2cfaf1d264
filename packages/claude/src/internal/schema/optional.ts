/** Fields that may be missing. */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"

/**
 * The type of a field that may be missing.
 *
 * @category models
 * @since 0.1.0
 */
// By a name of its own, so that declarations stay short: each error class has many of them.
export interface optional<S extends Schema.Top>
  extends Schema.decodeTo<Schema.optional<Schema.toType<S>>, Schema.optionalKey<S>>
{}

/**
 * Like `Schema.optional`, and an `undefined` is left out when it is encoded: JSON has no `undefined`, and `null` in its
 * place would come back as `null`.
 */
export const optional = <S extends Schema.Top>(schema: S): optional<S> =>
  Schema.optionalKey(schema).pipe(
    Schema.decodeTo(Schema.optional(Schema.toType(schema)), {
      decode: SchemaGetter.passthrough({ strict: false }),
      encode: SchemaGetter.transformOptional(Option.filter(Predicate.isNotUndefined))
    })
  )
