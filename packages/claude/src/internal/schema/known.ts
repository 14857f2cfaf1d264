/** What the texts and numbers that Effect's own codecs decode look like. */
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaTransformation from "effect/SchemaTransformation"

export interface Form {
  readonly format?: string
  readonly pattern?: string
  readonly contentMediaType?: string
  readonly contentSchema?: unknown
  readonly words?: string
}

const number: Form = { pattern: "^-?(0|[1-9]\\d*)(\\.\\d+)?$", words: "A number, written as a string." }

const dateTime: Form = { format: "date-time" }

const millis: Form = { words: "Milliseconds since 1970-01-01T00:00:00Z." }

/** Made when it is first asked for: it builds schemas. */
const forms = (): ReadonlyMap<unknown, Form> => {
  const bySchema: ReadonlyArray<readonly [Schema.Constraint, Form]> = [
    [Schema.DateFromString, dateTime],
    [Schema.DateTimeUtcFromString, dateTime],
    [Schema.toCodecJson(Schema.DateTimeUtc), dateTime],
    [Schema.DateTimeUtcFromHttpDate, { words: "A date as HTTP headers have it: Tue, 15 Nov 1994 08:12:31 GMT." }],
    [Schema.DateTimeZonedFromString, {
      words: "A date and time with its zone: 2024-01-01T00:00:00.000+00:00[Europe/London]."
    }],
    [Schema.DateFromMillis, millis],
    [Schema.DateTimeUtcFromMillis, millis],
    [Schema.DurationFromMillis, { words: "Milliseconds." }],
    [Schema.DurationFromIsoString, { format: "duration", words: "Without years and months." }],
    [Schema.DurationFromString, { words: "A duration with its unit: 5 seconds." }],
    [Schema.NumberFromString, number],
    [Schema.FiniteFromString, number],
    [Schema.BigDecimalFromString, number],
    [Schema.URLFromString, { format: "uri" }]
  ]
  return new Map<unknown, Form>([
    ...bySchema.flatMap(([{ ast }, form]) => {
      const transformation = ast.encoding?.at(-1)?.transformation
      return transformation === undefined ? [] : [[transformation, form] as const]
    }),
    [SchemaTransformation.numberFromString, number],
    [SchemaTransformation.bigDecimalFromString, number],
    [SchemaTransformation.dateFromString, dateTime],
    [SchemaTransformation.dateTimeUtcFromString, dateTime],
    [SchemaTransformation.urlFromString, { format: "uri" }]
  ])
}

let byTransformation: ReadonlyMap<unknown, Form> | undefined

/** The form of what a transformation decodes, where it is one of Effect's. */
export const formOf = ({ transformation }: SchemaAST.Link): Form | undefined => {
  byTransformation ??= forms()
  return byTransformation.get(transformation)
}
