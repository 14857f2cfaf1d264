/** How a cassette gets from and to the disk. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Semaphore from "effect/Semaphore"
import { randomUUID } from "node:crypto"
import { dirname } from "node:path"
import { Cassette, type Exchange } from "./cassetteSchema.ts"
import { cleanExchange, leftIn } from "./clean.ts"
import type { Scrubber } from "./scrubber.ts"

export class CassetteError
  extends Schema.TaggedError<CassetteError>("@effect-claude/testing/CassetteError")("CassetteError", {
    /** What is wrong, where, and what to do about it. */
    message: Schema.String,
    /**
     * `"malformed"`: the file is no cassette · `"unreadable"`, `"unwritable"`: the disk says no · `"secret"`: it would hold a
     * secret · `"incomplete"`: not all was recorded that was asked for, or not all was asked for that is recorded.
     */
    problem: Schema.Literals(["malformed", "unreadable", "unwritable", "secret", "incomplete"]),
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
            message: `${file} is not a cassette of version 1. ${complaint(cause)}. ` +
              "Mend it, or delete it and record anew."
          })
        )
    }),
    withFiles
  )

/** Whether there is a file that a recording would replace. */
export const isThere = (file: string): Effect.Effect<boolean> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(file)).pipe(
    Effect.catchTag("PlatformError", () => Effect.succeed(false)),
    withFiles
  )

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const complaint = ({ issue }: Schema.SchemaError): string => {
  const [first] = format(issue).issues
  const path = first?.path?.map(String).join(".") ?? ""
  return `${path === "" ? "" : `At ${path}: `}${first?.message ?? "It is not JSON"}`
}

const holdsSecret = (file: string, place: string): Effect.Effect<never, CassetteError> =>
  Effect.fail(
    new CassetteError({
      problem: "secret",
      file,
      message:
        `${file} was not written: a secret would stand in it at ${place}, in a form that cannot be taken out. Make ` +
        "the program or the server keep it from there, and record again."
    })
  )

/** In this process one write follows the other, so that none undoes another. */
const lock = Semaphore.makeUnsafe(1)

/**
 * Adds exchanges to a file, or puts them in the place of what it holds. Whole or not at all, and not with a secret that is
 * known by now: one of a later request may stand in an earlier answer.
 */
export const write = (
  file: string,
  exchanges: ReadonlyArray<Exchange>,
  how: "add" | "replace",
  scrubber: Scrubber
): Effect.Effect<void, CassetteError> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const earlier = how === "add" ? yield* read(file) : []
    const clean = [...earlier, ...exchanges].map((exchange) => cleanExchange(exchange, scrubber))
    const left = leftIn(clean, scrubber.secrets)
    if (left !== undefined) return yield* holdsSecret(file, left)
    const cassette: Cassette = { version: 1, exchanges: clean }
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
