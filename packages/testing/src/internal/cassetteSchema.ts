/** The format of a cassette. */
import * as Schema from "effect/Schema"

const Bytes = Schema.Struct({ base64: Schema.String.check(Schema.isBase64()) })

const Text = Schema.Struct({ text: Schema.String })

const Field = Schema.Struct({
  name: Schema.String,
  filename: Schema.optionalKey(Schema.String),
  type: Schema.optionalKey(Schema.String),
  value: Schema.Union([Text, Bytes])
})

const RequestBody = Schema.Union([
  Schema.Struct({ json: Schema.Json }),
  Schema.Struct({ form: Schema.Array(Field) }),
  Text,
  Bytes
])

const ResponseBody = Schema.Union([
  Schema.Struct({ json: Schema.Json }),
  Schema.Struct({ chunks: Schema.Array(Schema.Union([Schema.String, Bytes])) }),
  Text,
  Bytes
])

const Headers = Schema.Record(Schema.String, Schema.String)

export const Request = Schema.Struct({
  method: Schema.String,
  path: Schema.String,
  headers: Headers,
  body: Schema.optionalKey(RequestBody)
})

export interface Request extends Schema.Schema.Type<typeof Request> {}

export const Response = Schema.Struct({
  status: Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 })),
  headers: Headers,
  body: Schema.optionalKey(ResponseBody),
  end: Schema.optionalKey(Schema.Literals(["cut", "abandoned"]))
})

export interface Response extends Schema.Schema.Type<typeof Response> {}

export const Exchange = Schema.Struct({ request: Request, response: Schema.NullOr(Response) })

export interface Exchange extends Schema.Schema.Type<typeof Exchange> {}

export const Cassette = Schema.Struct({ version: Schema.Literal(1), exchanges: Schema.Array(Exchange) })

export interface Cassette extends Schema.Schema.Type<typeof Cassette> {}
