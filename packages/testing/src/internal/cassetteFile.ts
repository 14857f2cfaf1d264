/** The format of a cassette, and how it gets from and to the disk. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Semaphore from "effect/Semaphore"
import { randomUUID } from "node:crypto"
import { dirname } from "node:path"

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

export class CassetteError
  extends Schema.TaggedError<CassetteError>("@effect-claude/testing/CassetteError")("CassetteError", {
    /** What is wrong, where, and what to do about it. */
    message: Schema.String,
    /**
     * `"malformed"`: the file is no cassette · `"unreadable"`, `"unwritable"`: the disk says no · `"incomplete"`: not all
     * was recorded that was asked for, or not all was asked for that is recorded.
     */
    problem: Schema.Literals(["malformed", "unreadable", "unwritable", "incomplete"]),
    file: Schema.String,
    cause: Schema.optional(Schema.Defect())
  })
{}

const Json = Schema.fromJsonString(Cassette)

const strictly = { onExcessProperty: "error" } as const

const decode = Schema.decodeUnknownEffect(Json, strictly)

const withFiles = Effect.provide(NodeFileSystem.layer)

/** The exchanges in a file, none where there is no file. */
export const read = (file: string): Effect.Effect<ReadonlyArray<Exchange>, CassetteError> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* fs.exists(file))) return []
    const { exchanges } = yield* decode(yield* fs.readFileString(file))
    return exchanges
  }).pipe(
    Effect.catchTags({
      PlatformError: (cause) =>
        Effect.fail(
          new CassetteError({ problem: "unreadable", file, cause, message: `${file} cannot be read: ${cause.message}` })
        ),
      SchemaError: (cause) =>
        Effect.fail(
          new CassetteError({
            problem: "malformed",
            file,
            cause,
            message: `${file} is no cassette of version 1. ${complaint(cause)}. ` +
              "Mend it, or delete it and record anew."
          })
        )
    }),
    withFiles
  )

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const complaint = ({ issue }: Schema.SchemaError): string => {
  const [first] = format(issue).issues
  const path = first?.path?.map(String).join(".") ?? ""
  return `${path === "" ? "" : `At ${path}: `}${first?.message ?? "It is not JSON"}`
}

/** In this process one write follows the other, so that none undoes another. */
const lock = Semaphore.makeUnsafe(1)

/** Adds exchanges to a file, or puts them in the place of what it holds. Whole or not at all. */
export const write = (
  file: string,
  exchanges: ReadonlyArray<Exchange>,
  how: "add" | "replace"
): Effect.Effect<void, CassetteError> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const earlier = how === "add" ? yield* read(file) : []
    const cassette: Cassette = { version: 1, exchanges: [...earlier, ...exchanges] }
    // Threads have the same process id.
    const temporary = `${file}.${randomUUID()}.tmp`
    yield* fs.makeDirectory(dirname(file), { recursive: true })
    yield* fs.writeFileString(temporary, `${JSON.stringify(cassette, null, 2)}\n`).pipe(
      Effect.andThen(fs.rename(temporary, file)),
      Effect.onError(() => Effect.ignore(fs.remove(temporary)))
    )
  }).pipe(
    Effect.catchTag("PlatformError", (cause) =>
      Effect.fail(
        new CassetteError({
          problem: "unwritable",
          file,
          cause,
          message: `${file} cannot be written: ${cause.message}`
        })
      )),
    withFiles,
    lock.withPermits(1)
  )
