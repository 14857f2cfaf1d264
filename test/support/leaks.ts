/** Known secrets, and a search for them in all that a program shows. */
import { Cause, Console, Effect, Exit, Inspectable, Logger, Metric, References, Schema } from "effect"
import { ClaudeError } from "effect-claude"
import { Buffer } from "node:buffer"
import { createHash } from "node:crypto"
import { inspect } from "node:util"
import { recording } from "./tracing.ts"

/** Letters and digits alone, which no encoding but base64 changes. */
const coreOf = (name: string): string => `zq${createHash("sha256").update(name).digest("hex").slice(0, 14)}`

/** A secret of its own for each name, with all that encodings change around what the search is for. */
export const secret = (name: string): string => `sk-${coreOf(name)}/+="<&'\\%2F`

/** One that may be the value of a cookie. */
export const cookieSecret = (name: string): string => `${coreOf(name)}/+==`

/** Too short to be found by its text. */
export const shortSecret = "q7z9x2k"

/** Something that was shown, and by which way out. */
export interface Shown {
  readonly out: string
  readonly text: string
}

/** Base64 of the core, wherever it stands in a group of three bytes. The scrubber does this in its own way. */
const inBase64 = (core: string): ReadonlyArray<string> =>
  ["", "_", "__"].map((before) => {
    const groups = Buffer.from(`${before}${core}`).toString("base64").replaceAll("=", "")
    return groups.slice(before === "" ? 0 : 4, -2)
  })

/** Where secrets of these names were shown: each place once, with a piece of what stood there. */
export const leaksIn = (shown: ReadonlyArray<Shown>, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const forms = names.flatMap((name) => [coreOf(name), ...inBase64(coreOf(name))].map((form) => ({ name, form })))
  const leaks = new Map<string, string>()
  for (const { out, text } of shown) {
    const standard = text.replaceAll("-", "+").replaceAll("_", "/")
    for (const { form, name } of forms) {
      const index = Math.max(text.indexOf(form), standard.indexOf(form))
      if (index < 0) continue
      leaks.set(`${name} in ${out}`, text.slice(Math.max(0, index - 60), index + 60))
    }
  }
  return Array.from(leaks, ([place, text]) => `${place}: ${text}`)
}

/** Everything that a value shows of itself, however it is asked. */
export const shownOf = (out: string, value: unknown): ReadonlyArray<Shown> =>
  [
    typeof value === "string" ? value : inspect(value, {
      depth: Infinity,
      showHidden: true,
      getters: true,
      maxStringLength: null,
      maxArrayLength: null
    }),
    Inspectable.toStringUnknown(value),
    String(value)
  ].map((text) => ({ out, text }))

/** An error inspected, printed and encoded, and its causes. */
const shownOfError = Effect.fnUntraced(function*(error: ClaudeError.ClaudeError) {
  const encoded = yield* Effect.orDie(Schema.encodeEffect(Schema.toCodecJson(ClaudeError.ClaudeError))(error))
  return [
    ...shownOf("an error", error),
    ...shownOf("the message of an error", error.message),
    ...shownOf("the stack of an error", error.stack),
    ...shownOf("the cause of an error", error.cause),
    ...shownOf("an error as JSON", JSON.stringify(error)),
    ...shownOf("an encoded error", JSON.stringify(encoded))
  ]
})

/** How a call ended, as far as it can be seen. */
export const shownOfExit = Effect.fnUntraced(function*(exit: Exit.Exit<unknown, unknown>) {
  if (Exit.isSuccess(exit)) return []
  const errors = exit.cause.reasons.filter(Cause.isFailReason).map(({ error }) => error).filter(
    ClaudeError.isClaudeError
  )
  const all = yield* Effect.forEach(errors, shownOfError)
  return [...shownOf("a cause", exit.cause), ...shownOf("a printed cause", Cause.pretty(exit.cause)), ...all.flat()]
})

const methods = ["debug", "error", "info", "log", "trace", "warn"] as const

/** Runs an effect with every logger there is, at all levels. Gives what is logged, traced, measured and printed. */
export const everythingOf = <E, R>(self: Effect.Effect<ReadonlyArray<Shown>, E, R>) =>
  Effect.scoped(Effect.gen(function*() {
    const shown: Array<Shown> = []
    const say = (out: string, ...values: ReadonlyArray<unknown>) => {
      for (const value of values) shown.push(...shownOf(out, value))
    }
    const { spans, traced } = recording()
    const consoles = [globalThis.console, yield* Console.Console]
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const originals = consoles.map((console) => ({ ...console }))
        for (const console of consoles) {
          for (const method of methods) console[method] = (...values) => say(`console.${method}`, ...values)
        }
        return originals
      }),
      (originals) => Effect.sync(() => consoles.forEach((console, index) => Object.assign(console, originals[index])))
    )
    const loggers = [
      Logger.make((entry) =>
        say("the entries of a log", entry.message, entry.cause, entry.fiber.getRef(References.CurrentLogAnnotations))
      ),
      Logger.map(Logger.formatJson, (text) => say("a log in JSON", text)),
      Logger.map(Logger.formatLogFmt, (text) => say("a log in logfmt", text)),
      Logger.map(Logger.formatSimple, (text) => say("a simple log", text)),
      Logger.map(Logger.formatStructured, (entry) => say("a structured log", entry)),
      Logger.consolePretty(),
      Logger.consoleJson,
      Logger.tracerLogger
    ]
    const exit = yield* self.pipe(
      traced,
      Effect.provide(Logger.layer(loggers)),
      Effect.provideService(References.MinimumLogLevel, "All"),
      Effect.exit
    )
    // What a call gave to the program is the program's own.
    say(
      "spans",
      ...spans.map(({ attributes, events, name, status }) => ({
        name,
        attributes,
        events,
        cause: status._tag === "Ended" && Exit.isFailure(status.exit) ? status.exit.cause : undefined
      }))
    )
    say("metrics", yield* Metric.snapshot)
    if (Exit.isFailure(exit)) {
      return yield* Effect.die(new Error("the program under test failed", { cause: exit.cause }))
    }
    return [...shown, ...exit.value]
  }))
