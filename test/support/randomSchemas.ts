/** Schemas of every kind that structured outputs can say, the same for the same seed. */
import { Effect, Schema } from "effect"

/** A schema without services. */
export type AnySchema = Schema.Codec<unknown, unknown>

/** A generator of numbers from 0 to 1 (mulberry32). */
const randomOf = (seed: number): () => number => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296
  }
}

class Address extends Schema.Class<Address>("Address")(
  {
    street: Schema.NonEmptyString.annotate({ description: "with the number" }),
    since: Schema.DateFromString.annotateKey({ description: "when they moved in", examples: [new Date(0)] })
  },
  { title: "An address" }
) {}

class Point extends Schema.TaggedClass<Point>()("Point", { x: Schema.Finite, y: Schema.Finite }) {}

const texts: ReadonlyArray<Schema.Codec<string, string>> = [
  Schema.String,
  Schema.NonEmptyString,
  Schema.String.check(Schema.isMinLength(30)),
  Schema.String.check(Schema.isMaxLength(3)),
  Schema.String.check(Schema.isBetweenLength(5, 7)),
  Schema.String.check(Schema.isPattern(/^[A-Z]{2}\d{3}$/)),
  Schema.String.check(Schema.isPattern(/^[a-z]+-\d+$/i)),
  Schema.String.check(Schema.isPattern(/^[a-f]{4,}$/u), Schema.isMaxLength(6)),
  Schema.String.check(Schema.isStartingWith("ab")),
  Schema.String.check(Schema.isUUID(4)),
  Schema.String.check(Schema.isULID()),
  Schema.Trimmed,
  Schema.String.annotate({ format: "email" }).check(Schema.isPattern(/@example\.com$/)),
  Schema.String.annotate({ description: "a name", title: "Name", examples: ["Ada"] }),
  Schema.String.check(Schema.makeFilter((text: string) => text === "yes", { expected: "the word yes" }))
    .annotate({ examples: ["yes"] }),
  Schema.TemplateLiteral(["id-", Schema.String]),
  Schema.Literal("only"),
  Schema.Literals(["red", "green", "blue"]),
  Schema.Enum({ Up: "up", Down: "down" })
]

const leaves: ReadonlyArray<AnySchema> = [
  ...texts,
  ...texts,
  Schema.String.pipe(Schema.brand("Id")),
  Schema.Number,
  Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
  Schema.Finite.check(Schema.isGreaterThan(2.5), Schema.isLessThan(3)),
  Schema.Int,
  Schema.Int.check(Schema.isBetween({ minimum: 5, maximum: 9 })),
  Schema.Int.check(Schema.isLessThanOrEqualTo(-7)),
  Schema.Int.check(Schema.isMultipleOf(5), Schema.isGreaterThan(11)),
  Schema.Port,
  Schema.Enum({ Low: 1, High: 2 }),
  Schema.Literals([1, 2, "three"]),
  Schema.Boolean,
  Schema.Null,
  Schema.Undefined,
  Schema.Date,
  Schema.DateFromString.annotate({ description: "the day it began" }),
  Schema.DateFromMillis,
  Schema.DateTimeUtc,
  Schema.DateTimeUtcFromString,
  Schema.DateTimeUtcFromDate,
  Schema.DateTimeUtcFromMillis,
  Schema.URL,
  Schema.URLFromString,
  Schema.NumberFromString,
  Schema.FiniteFromString,
  Schema.BigInt,
  Schema.BigIntFromString,
  Schema.BigDecimal,
  Schema.Duration,
  Schema.DurationFromMillis.check(Schema.makeFilter(() => true, { expected: "a duration of any length" })),
  Schema.Uint8Array,
  Schema.Redacted(Schema.String),
  Schema.fromJsonString(Schema.Struct({ count: Schema.Int, by: Schema.Record(Schema.String, Schema.Boolean) })),
  Address,
  Address,
  Point
]

/** Values that compare by what they are: keys and items of sets. */
const keys: ReadonlyArray<AnySchema> = [Schema.String, Schema.Int, Schema.NonEmptyString, Schema.DateTimeUtc, Point]

/** The schema of a seed. `deepest`: how many levels of structure it has at most. */
export const randomSchema = (seed: number, deepest = 3): AnySchema => {
  const random = randomOf(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const pick = <A>(values: ReadonlyArray<A>): A => {
    const value = values[below(values.length)]
    if (value === undefined) throw new Error("nothing to pick from")
    return value
  }
  const make = (depth: number): AnySchema => depth === 0 || random() < 0.3 ? pick(leaves) : pick(composites)(depth - 1)
  const some = <A>(what: (index: number) => A): ReadonlyArray<A> =>
    Array.from({ length: 1 + below(4) }, (_, i) => what(i))

  const field = (depth: number): Schema.Top => {
    const schema = make(depth)
    return pick<() => Schema.Top>([
      () => schema,
      () => schema,
      () => Schema.optionalKey(schema),
      () => Schema.optional(schema),
      () => schema.annotate({ description: "a field" }),
      () => schema.annotateKey({ description: "what the key means" }),
      () => Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(3)))
    ])()
  }
  const fields = (depth: number): Record<string, Schema.Top> =>
    Object.fromEntries(some((index) => [`${pick(["name", "of", "a field", "größe", "0"])}${index}`, field(depth)]))
  const struct = (depth: number) => Schema.Struct(fields(depth))
  const renamed = (depth: number) =>
    Schema.Struct({ before: make(depth), after: make(depth) }).pipe(Schema.encodeKeys({ before: "now" }))

  // What the fields need is known to be nothing.
  const composites = [
    struct,
    struct,
    struct,
    renamed,
    (depth: number) => Schema.Struct({}).annotate({ title: `empty ${depth}` }),
    (depth: number) => Schema.NullOr(make(depth)),
    (depth: number) => Schema.UndefinedOr(make(depth)),
    (depth: number) => Schema.Option(make(depth)),
    (depth: number) => Schema.OptionFromNullOr(Schema.Option(make(depth))),
    (depth: number) => Schema.Union(some(() => make(depth))),
    (depth: number) =>
      Schema.Union([Schema.TaggedStruct("A", { a: make(depth) }), Schema.TaggedStruct("B", fields(depth))]),
    (depth: number) => Schema.Array(make(depth)),
    (depth: number) => Schema.Array(make(depth)).check(Schema.isBetweenLength(2, 3)),
    (depth: number) => Schema.Array(make(depth)).check(Schema.isMaxLength(1)),
    () => Schema.Array(pick(keys)).check(Schema.isMinLength(3), Schema.isUnique()),
    (depth: number) => Schema.NonEmptyArray(make(depth)),
    (depth: number) => Schema.Tuple(some(() => make(depth))),
    (depth: number) => Schema.Tuple([make(depth), Schema.optionalKey(make(depth))]),
    (depth: number) => Schema.TupleWithRest(Schema.Tuple([make(depth)]), [make(depth)]),
    (depth: number) => Schema.Record(Schema.String, make(depth)),
    (depth: number) =>
      Schema.Record(pick(texts.slice(0, 9)) as typeof Schema.String, make(depth)).check(Schema.isMinProperties(1)),
    (depth: number) =>
      Schema.StructWithRest(struct(depth), [Schema.Record(Schema.TemplateLiteral(["x-", Schema.String]), make(depth))]),
    (depth: number) => Schema.HashMap(pick(keys), make(depth)),
    (depth: number) => Schema.ReadonlyMap(pick(keys), make(depth)),
    () => Schema.ReadonlySet(pick(keys)).check(Schema.isMinSize(2)),
    () => Schema.HashSet(pick(keys)),
    (depth: number) => Schema.Chunk(make(depth)),
    (depth: number) => Schema.Result(make(depth), make(depth)),
    (depth: number) => Schema.suspend(() => innerOf(depth)),
    (depth: number) => {
      const shared = Schema.Struct({ a: make(depth) }).annotate({ identifier: "Shared" })
      return Schema.Struct({ one: shared, other: shared, third: shared.annotateKey({ description: "another" }) })
    }
  ] as ReadonlyArray<(depth: number) => AnySchema>

  const inner = new Map<number, AnySchema>()
  const innerOf = (depth: number): AnySchema => {
    const known = inner.get(depth) ?? randomSchema(seed + 1_000_003 * (depth + 1), depth)
    inner.set(depth, known)
    return known
  }

  return Schema.Struct({ answer: make(deepest) }) as AnySchema
}
