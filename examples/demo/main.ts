/**
 * The main job, to watch: a text is summarised through the real SDK over real HTTP, while the (simulated) API limits and
 * overloads, and a call that cannot succeed ends in a typed error.
 *
 *     npx -y pnpm@12 demo [path/to/file] [--live]
 */
import { Simulator } from "@effect-claude/testing"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Layer, Option } from "effect"
import { Claude } from "effect-claude"
import { Argument, CliOutput, Command, Flag } from "effect/cli"
import { isUtf8 } from "node:buffer"
import { hopelessCall, summarise } from "./calls.ts"
import * as Problems from "./problems.ts"
import { simulatedSummary } from "./summary.ts"

/** What is not text: bytes that are not UTF-8, or control characters that could steer a terminal. */
const textOf = (bytes: Uint8Array): string | undefined => {
  if (!isUtf8(bytes)) return undefined
  const text = new TextDecoder().decode(bytes)
  return /[^\P{Cc}\t\n\v\f\r]/u.test(text) ? undefined : text
}

const readDocument = Effect.fn("readDocument")(function*(path: string) {
  const files = yield* FileSystem.FileSystem
  const bytes = yield* files.readFile(path).pipe(
    Effect.mapError((error) => Problems.report(Problems.unreadableFile(path, error), error))
  )
  const text = textOf(bytes)
  if (text === undefined) return yield* Problems.report(Problems.binaryFile(path))
  return text.trim() === "" ? yield* Problems.report(Problems.noText(path)) : text
})

/** The real API, or one on this machine which answers with the first sentences of the document. */
const claudeLayer = (live: boolean, document: string) => {
  if (live) return Claude.layerConfig()
  const simulated = Layer.unwrap(Effect.map(
    Simulator.Simulator,
    (simulator) => Claude.layer({ apiKey: simulator.apiKey, baseURL: simulator.url })
  ))
  return simulated.pipe(Layer.provideMerge(Simulator.layer({ reply: simulatedSummary(document) })))
}

const demo = Command.make("demo", {
  path: Argument.Path("file").pipe(
    Argument.withDescription("The text to summarise. Default: README.md"),
    Argument.optional
  ),
  live: Flag.Boolean("live").pipe(
    Flag.withDescription("Call the real API, with the key in ANTHROPIC_API_KEY"),
    Flag.withDefault(false)
  )
}, ({ live, path }) =>
  Effect.gen(function*() {
    const file = Option.getOrElse(path, () => "README.md")
    const document = yield* readDocument(file)
    yield* Effect.gen(function*() {
      yield* summarise(file, document)
      yield* hopelessCall
    }).pipe(
      Effect.provide(claudeLayer(live, document)),
      Effect.catchTag("ConfigError", (error) => Effect.fail(Problems.report(Problems.unusableSettings(error), error)))
    )
  })).pipe(Command.withDescription("Summarise a text with Claude, through failures that a schedule recovers from"))

/** Help that fits 80 columns: the flags that every command line of Effect has are too wide, and no use here. */
const formatter = CliOutput.defaultFormatter()
const HelpLive = CliOutput.layer({
  ...formatter,
  formatHelpDoc: (help) => formatter.formatHelpDoc({ ...help, usage: `npx -y pnpm@12 ${help.usage}`, globalFlags: [] })
})

NodeRuntime.runMain(
  Command.run(demo, { version: "0.1.0" }).pipe(Effect.provide([NodeServices.layer, HelpLive])),
  { disableErrorReporting: true }
)
