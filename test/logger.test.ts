import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger, References, Schedule } from "effect"
import { Claude, ClaudeClient, type ClaudeConfig, ClaudeLogger, RetryPolicy } from "effect-claude"
import { hello, simulated } from "./support/simulated.ts"

const deprecated = { ...hello, model: "claude-sonnet-4-5" }

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

const createDeprecated = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(deprecated))

interface Entry {
  readonly level: string
  readonly message: unknown
  readonly annotations: Readonly<Record<string, unknown>>
}

/** Runs an effect and gives the entries that reach Effect's logger. */
const logged = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<ReadonlyArray<Entry>, E, R> =>
  Effect.suspend(() => {
    const entries: Array<Entry> = []
    const logger = Logger.make(({ fiber, logLevel, message }) => {
      entries.push({ level: logLevel, message, annotations: fiber.getRef(References.CurrentLogAnnotations) })
    })
    return self.pipe(
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(References.MinimumLogLevel, "All"),
      Effect.as(entries)
    )
  })

/** Runs an effect and gives the lines that reach a `ClaudeLogger`. */
const linesOf = <A, E, R>(
  settings: { readonly options?: ClaudeConfig.Options; readonly level?: ClaudeConfig.LogLevel },
  self: Effect.Effect<A, E, R | Claude.Claude | ClaudeClient.ClaudeClient | Simulator.Simulator>
) =>
  Effect.suspend(() => {
    const lines: Array<ClaudeLogger.Line> = []
    const layer = ClaudeLogger.layer({
      level: settings.level,
      log: (line) => Effect.sync(() => lines.push(line))
    })
    return self.pipe(Effect.provide(Layer.provide(simulated(settings.options), layer)), Effect.as(lines))
  })

const levelsOf = (lines: ReadonlyArray<ClaudeLogger.Line>) => [...new Set(lines.map(({ level }) => level))].sort()

describe("a line of the SDK's", () => {
  it.effect.each(
    [
      { level: "error", expected: "Error" },
      { level: "warn", expected: "Warn" },
      { level: "info", expected: "Info" },
      { level: "debug", expected: "Debug" }
    ] as const
  )("at $level is one of Effect's at $expected", ({ expected, level }) =>
    Effect.gen(function*() {
      const entries = yield* logged(
        Effect.flatMap(ClaudeClient.ClaudeClient, ({ client }) => Effect.sync(() => client.logger[level]("a line")))
          .pipe(
            Effect.provide(simulated({ logLevel: "debug" }))
          )
      )
      assert.deepStrictEqual(entries.map(({ level, message }) => [level, message]), [[expected, ["a line"]]])
    }))

  it.effect("says where it comes from", () =>
    Effect.gen(function*() {
      const entries = yield* logged(Effect.provide(create, simulated({ logLevel: "info" })))
      assert.deepStrictEqual(entries.map(({ annotations }) => annotations), [{ source: "@anthropic-ai/sdk" }])
    }))

  it.effect("tells of each request, at info", () =>
    Effect.gen(function*() {
      const lines = yield* linesOf({ options: { logLevel: "info" } }, create)
      assert.strictEqual(lines.length, 1)
      assert.match(lines[0]?.message ?? "", /post http:\/\/127\.0\.0\.1:\d+\/v1\/messages succeeded with status 200/)
    }))

  it.effect("that a ClaudeLogger takes does not reach Effect's logger", () =>
    Effect.gen(function*() {
      const entries = yield* logged(linesOf({ options: { logLevel: "debug" } }, create))
      assert.deepStrictEqual(entries, [])
    }))

  it.effect.each<{ readonly how: string; readonly log: () => Effect.Effect<void> }>([
    { how: "dies of", log: () => Effect.die("no paper") },
    {
      how: "throws at",
      log: () => {
        throw new Error("no paper")
      }
    }
  ])("that a ClaudeLogger $how does not break the call", ({ log }) =>
    Effect.gen(function*() {
      const message = yield* create
      assert.strictEqual(message.type, "message")
    }).pipe(Effect.provide(Layer.provide(simulated({ logLevel: "debug" }), ClaudeLogger.layer({ log })))))
})

describe("Promise 4: nothing secret leaks into the log", () => {
  const debugging = { logLevel: "debug" } as const

  const text = (lines: ReadonlyArray<ClaudeLogger.Line>) => JSON.stringify(lines)

  it.effect("no body that was sent", () =>
    Effect.gen(function*() {
      const diary = { ...hello, messages: [{ role: "user" as const, content: "my diary of today" }] }
      const lines = yield* linesOf(
        { options: debugging },
        Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(diary))
      )
      assert.include(text(lines), "\"body\":\"<redacted>\"")
      assert.notInclude(text(lines), "my diary of today")
    }))

  it.effect("no body that was received", () =>
    Effect.gen(function*() {
      const sent: Array<string> = []
      const lines = yield* linesOf(
        { options: debugging },
        Effect.map(create, ({ content }) => content.forEach((block) => block.type === "text" && sent.push(block.text)))
      )
      assert.isNotEmpty(sent)
      assert.notInclude(text(lines), sent[0] ?? "")
    }))

  it.effect("no body of an error", () =>
    Effect.gen(function*() {
      const lines = yield* linesOf(
        { options: debugging },
        Effect.gen(function*() {
          const sim = yield* Simulator.Simulator
          yield* sim.script([Fault.error({ status: 400, message: "you wrote: my diary of today" })])
          yield* Effect.flip(create)
        })
      )
      assert.include(text(lines), "\"status\":400")
      assert.notInclude(text(lines), "my diary of today")
    }))

  it.effect("no cookie that was sent", () =>
    Effect.gen(function*() {
      const lines = yield* linesOf({ options: { ...debugging, headers: { cookie: "session=one" } } }, create)
      assert.match(text(lines), /"cookie":"(<redacted>|\*\*\*)"/)
      assert.notInclude(text(lines), "session=one")
    }))

  it.effect("no cookie that was received", () =>
    Effect.gen(function*() {
      const lines = yield* linesOf(
        { options: debugging },
        Effect.gen(function*() {
          const sim = yield* Simulator.Simulator
          yield* sim.script([Fault.overloaded({ headers: { "set-cookie": "session=two" } })])
          yield* Effect.flip(create)
        })
      )
      assert.match(text(lines), /"set-cookie":"(<redacted>|\*\*\*)"/)
      assert.notInclude(text(lines), "session=two")
    }))

  it.effect.each(["x-api-key", "api-key", "proxy-authorization", "x-amz-security-token"])(
    "no credential in the header %s, though it was given as a text",
    (name) =>
      Effect.gen(function*() {
        const lines = yield* linesOf(
          { options: { ...debugging, headers: { [name]: "sk-in-the-clear" } } },
          Effect.exit(create)
        )
        assert.include(text(lines), name)
        assert.notInclude(text(lines), "sk-in-the-clear")
      })
  )

  it.effect("but who asked what of whom, and when it came back", () =>
    Effect.gen(function*() {
      const lines = yield* linesOf({ options: debugging }, create)
      const details = JSON.stringify(lines.find(({ message }) => message.endsWith("sending request"))?.details)
      assert.include(details, "\"method\":\"POST\"")
      assert.include(details, "/v1/messages")
      assert.include(details, "\"anthropic-version\"")
    }))
})

describe("the warning of a deprecated model", () => {
  it.effect("comes through the logger, at warn", () =>
    Effect.gen(function*() {
      const entries = yield* logged(Effect.provide(createDeprecated, simulated()))
      assert.deepStrictEqual(entries.map(({ level }) => level), ["Warn"])
      assert.match(String(entries[0]?.message), /^The model 'claude-sonnet-4-5' is deprecated/)
    }))

  it.effect("comes through the ClaudeLogger", () =>
    Effect.gen(function*() {
      const lines = yield* linesOf({}, createDeprecated)
      assert.match(lines[0]?.message ?? "", /^The model 'claude-sonnet-4-5' is deprecated/)
    }))

  it.effect("comes through the logger for a client that was brought", () =>
    Effect.gen(function*() {
      const entries = yield* logged(
        Effect.gen(function*() {
          const { client } = yield* ClaudeClient.ClaudeClient
          yield* Effect.provide(createDeprecated, Layer.provide(Claude.layerClient, ClaudeClient.layerSdk(client)))
        }).pipe(Effect.provide(simulated()))
      )
      assert.match(String(entries[0]?.message), /^The model 'claude-sonnet-4-5' is deprecated/)
    }))

  it.effect("does not reach the console", () =>
    Effect.gen(function*() {
      const written = vi.spyOn(console, "warn").mockImplementation(() => {})
      yield* linesOf({}, createDeprecated)
      const { calls } = written.mock
      written.mockRestore()
      assert.deepStrictEqual(calls, [])
    }))

  it.effect("leaves console.warn as it was, after a call and after one that was refused", () =>
    Effect.gen(function*() {
      const { console } = globalThis
      const { warn } = console
      const claude = yield* Claude.Claude
      yield* claude.messages.create(deprecated)
      assert.propertyVal(console, "warn", warn)
      yield* Effect.flip(claude.messages.create({ ...deprecated, max_tokens: 100_000 }))
      assert.propertyVal(console, "warn", warn)
    }).pipe(Effect.provide(Layer.provide(simulated(), ClaudeLogger.layer({ log: () => Effect.void })))))

  it.effect("takes no line of anybody else's that is written while a call is under way", () =>
    Effect.gen(function*() {
      const written = vi.spyOn(console, "warn").mockImplementation(() => {})
      const lines = yield* linesOf(
        {},
        Effect.gen(function*() {
          const sim = yield* Simulator.Simulator
          yield* sim.script([Fault.stallBeforeHeaders])
          const fiber = yield* Effect.forkChild(createDeprecated)
          yield* sim.awaitJournal(({ length }) => length === 1)
          globalThis.console.warn("of somebody else")
          yield* Fiber.interrupt(fiber)
        })
      )
      const { calls } = written.mock
      written.mockRestore()
      assert.deepStrictEqual(calls, [["of somebody else"]])
      assert.strictEqual(lines.length, 1)
    }))

  it.live("is written once by a logger that writes warnings with console.warn", () =>
    Effect.gen(function*() {
      const written = vi.spyOn(console, "warn").mockImplementation(() => {})
      const logger = Logger.withLeveledConsole(Logger.make(({ message }) => String(message)))
      yield* createDeprecated.pipe(Effect.provide(Layer.provideMerge(simulated(), Logger.layer([logger]))))
      const { calls } = written.mock
      written.mockRestore()
      assert.strictEqual(calls.length, 1)
    }))
})

describe("the level that counts", () => {
  const everything = Effect.andThen(create, createDeprecated)

  it.effect.each<{
    readonly name: string
    readonly level?: ClaudeConfig.LogLevel
    readonly options?: ClaudeConfig.Options
    readonly expected: ReadonlyArray<string>
  }>([
    {
      name: "the ClaudeLogger's, over the client's",
      level: "info",
      options: { logLevel: "debug" },
      expected: ["info", "warn"]
    },
    { name: "the ClaudeLogger's, over the default", level: "debug", expected: ["debug", "info", "warn"] },
    {
      name: "the client's, where the ClaudeLogger has none",
      options: { logLevel: "info" },
      expected: ["info", "warn"]
    },
    { name: "warn, where nobody says anything", expected: ["warn"] }
  ])("is $name", ({ expected, name: _, ...settings }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(levelsOf(yield* linesOf(settings, everything)), expected)
    }))

  it.effect.each<{ readonly level?: ClaudeConfig.LogLevel; readonly options?: ClaudeConfig.Options }>([
    { level: "error" },
    { level: "off" },
    { options: { logLevel: "off" } }
  ])("counts for warnings too: %j", (settings) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* linesOf(settings, everything), [])
    }))

  it.effect("lets Effect's own minimum apply on top", () =>
    Effect.gen(function*() {
      const entries = yield* logged(
        everything.pipe(
          Effect.provide(simulated({ logLevel: "debug" })),
          Effect.provideService(References.MinimumLogLevel, "Warn")
        )
      )
      assert.deepStrictEqual([...new Set(entries.map(({ level }) => level))], ["Warn"])
    }))
})

describe("a retry", () => {
  it.effect("is a line of Effect's logger at debug, with its facts", () =>
    Effect.gen(function*() {
      const retry = RetryPolicy.exponential({ base: 0 }).pipe(Schedule.upTo({ times: 1 }))
      const entries = yield* logged(
        Effect.gen(function*() {
          const sim = yield* Simulator.Simulator
          yield* sim.script([Fault.overloaded()])
          yield* create
        }).pipe(Effect.provide(simulated({ retry })))
      )
      assert.deepStrictEqual(entries, [{
        level: "Debug",
        message: ["Retrying messages.create in 0: Overloaded"],
        annotations: {
          "error.type": "OverloadedError",
          "claude.retry.attempt": 2,
          "claude.retry.delay_ms": 0,
          "anthropic.request.id": "req_011Simulated00000000001",
          "anthropic.error.type": "overloaded_error"
        }
      }])
    }))
})
