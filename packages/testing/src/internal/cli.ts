/** The command line. */
import * as Cause from "effect/Cause"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Simulator from "../Simulator.ts"
import * as Inputs from "./cliInputs.ts"

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
    Flag.withMetavar("name|json"),
    Flag.withDescription("What goes wrong, and when: one of those below, or JSON. Default: nothing does"),
    Flag.optional
  ),
  replies: Flag.String("replies").pipe(
    Flag.withAlias("r"),
    Flag.withMetavar("json"),
    Flag.withDescription("What messages say, by rule; JSON, or JSONL. Default: what the request asks for"),
    Flag.optional
  ),
  models: Flag.String("models").pipe(
    Flag.withAlias("m"),
    Flag.withMetavar("json"),
    Flag.withDescription("An array of the models to serve: ids, or what they take. Default: those of the SDK"),
    Flag.optional
  ),
  limits: Flag.String("limits").pipe(
    Flag.withMetavar("json"),
    Flag.withDescription("Rate limits, as in '{ \"requestsPerMinute\": 50 }'. Default: none"),
    Flag.optional
  ),
  files: Flag.String("files").pipe(
    Flag.withMetavar("folder"),
    Flag.withDescription("Its files can be downloaded from /v1/files. Default: there are none"),
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

/** What a flag names, where it is given. */
const loaded = <A, E, R>(given: Option.Option<string>, load: (given: string) => Effect.Effect<A, E, R>) =>
  Option.match(given, { onNone: () => Effect.undefined, onSome: load })

const line = ({ error, fault, method, outcome, path, receivedAt, requestId, status }: Simulator.JournalEntry): string =>
  [DateTime.formatIso(receivedAt), method, path, status ?? "-", fault ?? "-", outcome, requestId, error?.message ?? ""]
    .join("  ").trimEnd()

const start = (options: Simulator.Options) =>
  Layer.build(Simulator.layer(options)).pipe(
    Effect.catchCause((cause) => {
      const error = Cause.squash(cause)
      const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
      return Effect.fail(
        new Inputs.UsageProblem({ message: `Cannot listen on ${options.host}:${options.port}: ${why}` })
      )
    }),
    Effect.flatMap((context) => Effect.provide(Simulator.Simulator, context))
  )

export const command = Command.make(
  "claude-simulator",
  flags,
  Effect.fnUntraced(function*({ apiKey, host, port, quiet, timeToFirstToken, tokensPerSecond, ...named }) {
    const inputs = yield* Effect.all({
      scenario: loaded(named.scenario, Inputs.scenario),
      replies: loaded(named.replies, Inputs.replies),
      models: loaded(named.models, Inputs.models),
      limits: loaded(named.limits, Inputs.limits),
      files: loaded(named.files, Inputs.files)
    })
    const print = Effect.runSyncWith(yield* Effect.context<never>())
    const sim = yield* start({
      apiKey: Option.getOrUndefined(Option.map(apiKey, Redacted.make<string>)),
      control: true,
      host,
      port,
      ...inputs,
      pacing: {
        timeToFirstToken: Option.getOrUndefined(timeToFirstToken),
        tokensPerSecond: Option.getOrUndefined(tokensPerSecond)
      },
      onExchange: quiet ? undefined : (entry) => print(Console.log(line(entry)))
    })
    yield* Console.log(`Simulated Claude API on ${sim.url}, API key ${Redacted.value(sim.apiKey)}`)
    yield* Console.log(`Watch it on ${sim.url}/__simulator`)
    yield* Console.log(`ANTHROPIC_BASE_URL=${sim.url} ANTHROPIC_API_KEY=${Redacted.value(sim.apiKey)}`)
    return yield* Effect.never
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    "A Claude API on your machine that fails on demand. Ctrl-C ends it. Where a flag takes JSON, that is a file, or the JSON itself"
  ),
  Command.withExamples([
    {
      command: "claude-simulator --scenario storm --limits '{\"requestsPerMinute\": 50}'",
      description: "Serve a storm"
    },
    { command: "open http://localhost:8787/__simulator", description: "Watch and steer it" },
    { command: "curl localhost:8787/__simulator/journal", description: "See what was asked" },
    {
      command: `curl localhost:8787/__simulator/faults --json '{"overloaded":1,"times":1}'`,
      description: "Fail the next request"
    },
    {
      command: `curl localhost:8787/__simulator/replies --json '{"text":"Hello!"}'`,
      description: "Say hello from now on"
    }
  ])
)
