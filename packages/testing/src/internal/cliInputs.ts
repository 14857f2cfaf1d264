/** What flags of the command line name: files, folders, and JSON that stands on the command line itself. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Replies from "../Replies.ts"
import * as Scenario from "../Scenario.ts"
import type { GivenFile } from "./files.ts"
import type { Limits } from "./limits.ts"
import * as Models from "./models.ts"
import { type JsonProblem, parse, reading } from "./reading.ts"

/** Something that the user can fix. Its message is all that they need. */
export class UsageProblem extends Data.TaggedError("UsageProblem")<{ readonly message: string }> {}

const problem = (message: string): UsageProblem => new UsageProblem({ message })

const isJson = (given: string): boolean => /^\s*[[{]/.test(given)

const readText = (file: string, what: string) =>
  FileSystem.FileSystem.pipe(
    Effect.flatMap((fs) => fs.readFileString(file)),
    Effect.mapError(({ message }) => problem(`The ${what} cannot be read: ${message}`))
  )

/** Reads a flag that names a JSON file, or is JSON itself. `what` is what it should hold, in a word. */
const read = <A>(what: string, read: (text: string) => Effect.Effect<A, JsonProblem>) => (given: string) =>
  Effect.flatMap(
    isJson(given) ? Effect.succeed(given) : readText(given, what),
    (text) =>
      Effect.mapError(
        read(text),
        ({ message }) =>
          problem(isJson(given) ? `--${what}: ${message}` : `${given} is not valid as --${what}: ${message}`)
      )
  )

const presets: Readonly<Record<string, Scenario.Preset>> = Scenario.presets

const readScenario = read("scenario", Scenario.fromJson)

/** A ready-made scenario by its name, or one in JSON. */
export const scenario = (given: string) => {
  const preset = Object.hasOwn(presets, given) ? presets[given] : undefined
  if (preset !== undefined) return Effect.succeed(preset.scenario)
  return Effect.mapError(readScenario(given), ({ message }) =>
    problem(
      given.includes(".") || isJson(given)
        ? message
        : `${message}. Ready-made scenarios: ${Object.keys(presets).join(", ")}`
    ))
}

export const replies = read("replies", Replies.fromJson)

const Positive = Schema.Finite.check(Schema.isGreaterThan(0))

const rateLimits = {
  requestsPerMinute: Schema.optional(Positive),
  inputTokensPerMinute: Schema.optional(Positive),
  outputTokensPerMinute: Schema.optional(Positive)
}

const LimitsJson = Schema.Struct({
  ...rateLimits,
  groups: Schema.optional(Schema.Record(Schema.String, Schema.Struct(rateLimits))),
  tokensPerMonth: Schema.optional(Positive),
  storageBytes: Schema.optional(Positive)
})

const decodeLimits: (json: unknown) => Effect.Effect<Limits, JsonProblem> = reading(LimitsJson)

export const limits = read("limits", (text) => Effect.flatMap(parse(text), decodeLimits))

export const models = read("models", Models.fromJson)

/** The files of a folder, not of those in it. */
export const files = Effect.fnUntraced(
  function*(folder: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const names = yield* fs.readDirectory(folder)
    const found = yield* Effect.forEach(names.toSorted(), (name) =>
      Effect.gen(function*() {
        const file = path.join(folder, name)
        const { type } = yield* fs.stat(file)
        return type === "File" ? [{ filename: name, content: yield* fs.readFile(file) }] : []
      }))
    return found.flat() satisfies ReadonlyArray<GivenFile>
  },
  Effect.mapError(({ message }) => problem(`The files cannot be read: ${message}`))
)
