/** The command line. */
import * as Cause from "effect/Cause"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Scenario from "../Scenario.ts"
import * as Simulator from "../Simulator.ts"

/** Something that the user can mend. Its message is all that they need. */
export class UsageProblem extends Data.TaggedError("UsageProblem")<{ readonly message: string }> {}

const flags = {
  port: Flag.Int("port").pipe(
    Flag.withAlias("p"),
    Flag.withDescription("Where to listen; 0 for a free port. Default: 8787"),
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))),
    Flag.withDefault(8787)
  ),
  host: Flag.String("host").pipe(
    Flag.withDescription(
      "The address to listen on. Whoever reaches it can read the journal and order faults. Default: 127.0.0.1"
    ),
    Flag.withDefault("127.0.0.1")
  ),
  scenario: Flag.String("scenario").pipe(
    Flag.withAlias("s"),
    Flag.withMetavar("file"),
    Flag.withDescription("A JSON file that says what goes wrong, and when. Default: nothing does"),
    Flag.optional
  ),
  apiKey: Flag.String("api-key").pipe(
    Flag.withMetavar("key"),
    Flag.withDescription("The key to accept. Default: one that is printed at the start"),
    Flag.withSchema(Schema.NonEmptyString),
    Flag.optional
  ),
  timeToFirstToken: Flag.String("time-to-first-token").pipe(
    Flag.withMetavar("duration"),
    Flag.withDescription("How long a message takes to begin, as in \"400 millis\". Default: no time"),
    Flag.withSchema(Schema.DurationFromString),
    Flag.optional
  ),
  tokensPerSecond: Flag.Finite("tokens-per-second").pipe(
    Flag.withMetavar("rate"),
    Flag.withDescription("How fast a message is written from then on. Default: all at once"),
    Flag.withSchema(Schema.Finite.check(Schema.isGreaterThan(0))),
    Flag.optional
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDescription("No log of requests"),
    Flag.withDefault(false)
  )
}

const load = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(file).pipe(
    Effect.mapError(({ message }) => new UsageProblem({ message: `The scenario cannot be read: ${message}` }))
  )
  return yield* Scenario.fromJson(text).pipe(
    Effect.mapError(({ message }) => new UsageProblem({ message: `${file} is not a scenario: ${message}` }))
  )
})

const line = ({ fault, method, outcome, path, receivedAt, requestId, status }: Simulator.JournalEntry): string =>
  [DateTime.formatIso(receivedAt), method, path, status ?? "-", fault ?? "-", outcome, requestId].join("  ")

const start = (options: Simulator.Options) =>
  Layer.build(Simulator.layer(options)).pipe(
    Effect.catchCause((cause) => {
      const error = Cause.squash(cause)
      const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
      return Effect.fail(new UsageProblem({ message: `Cannot listen on ${options.host}:${options.port}: ${why}` }))
    }),
    Effect.flatMap((context) => Effect.provide(Simulator.Simulator, context))
  )

export const command = Command.make(
  "claude-simulator",
  flags,
  Effect.fnUntraced(function*({ apiKey, host, port, quiet, scenario, timeToFirstToken, tokensPerSecond }) {
    const rules = yield* Option.match(scenario, {
      onNone: () => Effect.undefined,
      onSome: load
    })
    const print = Effect.runSyncWith(yield* Effect.context<never>())
    const sim = yield* start({
      apiKey: Option.getOrUndefined(Option.map(apiKey, Redacted.make<string>)),
      control: true,
      host,
      port,
      scenario: rules,
      pacing: {
        timeToFirstToken: Option.getOrUndefined(timeToFirstToken),
        tokensPerSecond: Option.getOrUndefined(tokensPerSecond)
      },
      onExchange: quiet ? undefined : (entry) => print(Console.log(line(entry)))
    })
    yield* Console.log(`Simulated Claude API on ${sim.url}, API key ${Redacted.value(sim.apiKey)}`)
    yield* Console.log(`ANTHROPIC_BASE_URL=${sim.url} ANTHROPIC_API_KEY=${Redacted.value(sim.apiKey)}`)
    return yield* Effect.never
  }, Effect.scoped)
).pipe(
  Command.withDescription("A Claude API on your machine that fails on demand. Ctrl-C ends it"),
  Command.withExamples([
    { command: "claude-simulator --port 8787 --scenario storm.json", description: "Serve a storm" },
    { command: "curl localhost:8787/__simulator/journal", description: "See what was asked" },
    {
      command:
        `curl localhost:8787/__simulator/faults -H 'content-type: application/json' -d '[{"_tag":"Error","status":529}]'`,
      description: "Fail the next request"
    }
  ])
)
