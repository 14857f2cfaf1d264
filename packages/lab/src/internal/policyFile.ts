/** Policies that a user names on the command line: built-in ones by name, and those of a module of theirs. */
import type * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Schedule from "effect/Schedule"
import * as Policy from "../Policy.ts"

/** A policy that cannot be had. Its message is all that the user needs. */
export class BadPolicy extends Data.TaggedError("BadPolicy")<{ readonly message: string }> {}

/** The policies that `named` stands for. */
export const load = Effect.fnUntraced(function*(named: string) {
  const builtIn = Policy.builtIn.find(({ name }) => name === named)
  if (builtIn !== undefined) return [builtIn]
  const path = yield* Path.Path
  const file = path.resolve(named)
  yield* exists(file, named)
  const url = yield* Effect.mapError(path.toFileUrl(file), ({ message }) => new BadPolicy({ message }))
  const module = yield* importModule(url.href, named)
  const policies = Object.entries(module).flatMap(([name, value]) =>
    asPolicy(name === "default" ? path.parse(file).name : name, value)
  )
  if (policies.length === 0) return yield* new BadPolicy({ message: withoutPolicy(named, module) })
  return policies
})

const exists = Effect.fnUntraced(function*(file: string, named: string) {
  const fs = yield* FileSystem.FileSystem
  const info = yield* Effect.option(fs.stat(file))
  if (info._tag === "Some" && info.value.type === "File") return
  const names = Policy.builtIn.map(({ name }) => name).join(", ")
  const message = `There is no policy "${named}": neither a file ${file}, nor one of the built-in policies (${names}).`
  return yield* new BadPolicy({ message })
})

const importModule = (url: string, named: string): Effect.Effect<Record<string, unknown>, BadPolicy> =>
  Effect.tryPromise({
    try: (): Promise<Record<string, unknown>> => import(url),
    catch: (cause) => new BadPolicy({ message: `The policy file ${named} does not load: ${firstLine(cause)}` })
  }).pipe(
    Effect.timeoutOrElse({
      duration: "10 seconds",
      orElse: () =>
        Effect.fail(
          new BadPolicy({
            message: `The policy file ${named} does not finish loading: its top level waits for something.`
          })
        )
    })
  )

const firstLine = (cause: unknown): string => {
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return text.split("\n").find((line) => line.trim() !== "")?.trim() ?? "it throws"
}

const asPolicy = (name: string, value: unknown): ReadonlyArray<Policy.Policy> => {
  if (Policy.isPolicy(value)) return [value]
  return isPolicySchedule(value) ? [Policy.make(name, value)] : []
}

/** That it takes our errors and needs no service, only its compiler can know; if not, it fails when it is run. */
const isPolicySchedule = (value: unknown): value is RetryPolicy.Input => Schedule.isSchedule(value)

const withoutPolicy = (named: string, module: Record<string, unknown>): string => {
  const found = Object.entries(module).map(([name, value]) => `${name} (${kindOf(value)})`)
  const exported = found.length === 0 ? "It exports nothing" : `It exports ${found.join(", ")}`
  return `The policy file ${named} has no policy. ${exported}, and none of it is a Schedule. Export one, for example: ` +
    "export default RetryPolicy.standard"
}

const kindOf = (value: unknown): string => {
  if (Effect.isEffect(value)) return "an Effect; wrap it in Policy.make"
  if (value === null) return "null"
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}
