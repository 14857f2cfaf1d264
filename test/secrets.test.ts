import Anthropic from "@anthropic-ai/sdk"
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  ConfigProvider,
  Console,
  Effect,
  Exit,
  Fiber,
  Inspectable,
  Layer,
  Logger,
  Redacted,
  References,
  Schedule,
  Schema,
  Stream
} from "effect"
import { Claude, ClaudeClient, ClaudeConfig, ClaudeError, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { hello } from "./support/simulated.ts"
import { recording } from "./support/tracing.ts"

const secret = "sk-ant-SECRET-f4b7c1d9e2a85630"

/** Everything that a value shows of itself, however it is asked. */
const shown = (value: unknown): ReadonlyArray<string> => [
  inspect(value, { depth: Infinity, showHidden: true, getters: true, maxStringLength: null, maxArrayLength: null }),
  Inspectable.toStringUnknown(value),
  String(value)
]

const shownOfError = Effect.fnUntraced(function*(error: ClaudeError.ClaudeError) {
  const encoded = yield* Effect.orDie(Schema.encodeEffect(Schema.toCodecJson(ClaudeError.ClaudeError))(error))
  return [...shown(error), ...shown(error.cause), String(error.stack), JSON.stringify(error), JSON.stringify(encoded)]
})

/** Collects what an effect logs, traces and writes to the console, and how it ends. */
const everythingOf = <E, R>(self: Effect.Effect<ReadonlyArray<string>, E, R>) =>
  Effect.gen(function*() {
    const said: Array<string> = []
    const say = (...values: ReadonlyArray<unknown>) => void said.push(...values.flatMap(shown))
    const logger = Logger.make((entry) => {
      say(entry.message, entry.cause, entry.fiber.getRef(References.CurrentLogAnnotations))
    })
    const { spans, traced } = recording()
    const methods = ["debug", "error", "info", "log", "trace", "warn"] as const
    const consoles = [globalThis.console, yield* Console.Console]
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const originals = consoles.map((console) => ({ ...console }))
        for (const console of consoles) for (const method of methods) console[method] = say
        return originals
      }),
      (originals) => Effect.sync(() => consoles.forEach((console, index) => Object.assign(console, originals[index])))
    )
    const exit = yield* self.pipe(
      traced,
      Effect.provide(Logger.layer([logger, Logger.consolePretty()])),
      Effect.provideService(References.MinimumLogLevel, "All"),
      Effect.exit
    )
    say(spans, exit)
    return Exit.isSuccess(exit) ? [...said, ...exit.value] : [...said, Cause.pretty(exit.cause)]
  })

/** Where a secret stands in what was said, a few places. */
const sightings = (said: ReadonlyArray<string>): ReadonlyArray<string> => {
  const places = said.flatMap((text) =>
    Array.from(text.matchAll(/sk-ant-SECRET-f4b7/g), ({ index }) => text.slice(Math.max(0, index - 80), index + 60))
  )
  return [...new Set(places)].slice(0, 5)
}

const begun = { id: secret, type: "message", role: "assistant", model: secret, content: [], stop_reason: secret }

/** A server that shows what it was sent wherever it can. */
const echoing: ReadonlyArray<Fault.Fault> = [
  ...[400, 401, 429, 500, 529, 418].map((status) =>
    Fault.error({
      status,
      type: secret,
      message: `invalid key ${secret}`,
      code: secret,
      details: { [secret]: secret, headers: [`Bearer ${secret}`] },
      param: secret,
      headers: {
        "request-id": secret,
        "retry-after": secret,
        "x-echo": `Bearer ${secret}`,
        "anthropic-ratelimit-requests-limit": secret
      }
    })
  ),
  Fault.error({ status: 403, message: "no", headers: { "x-echo": secret } }),
  Fault.error({ status: 200, headers: { "request-id": secret, "content-type": "text/event-stream" } }),
  Fault.status(502, `Bearer ${secret}`),
  Fault.status(502, `${"-".repeat(490)}${secret}`),
  Fault.body({ text: `${"-".repeat(490)}${secret}`, contentType: `text/${secret}` }),
  Fault.body({ text: JSON.stringify({ [secret]: `${"-".repeat(460)}${secret}` }) }),
  Fault.body({ text: `{"a": ${secret}}` }),
  Fault.body({
    text: `event: error\ndata: ${JSON.stringify({ type: "error", error: { type: secret, message: secret } })}\n\n`,
    contentType: "text/event-stream"
  }),
  Fault.body({ text: `event: ${secret}\ndata: {${secret}\n\n`, contentType: "text/event-stream" }),
  Fault.body({ text: `data: {"type":"${secret}"}\n\n`, contentType: "text/event-stream" }),
  Fault.body({
    text: `data: ${JSON.stringify({ type: "message_start", message: begun })}\n\n`,
    contentType: "text/event-stream"
  })
]

const failing: ReadonlyArray<Fault.Fault> = [
  ...[304, 400, 401, 402, 403, 404, 408, 409, 412, 413, 418, 422, 429, 431, 499, 500, 501, 503, 504, 529].map(
    (status) => Fault.error({ status })
  ),
  Fault.html(),
  Fault.resetBeforeHeaders,
  Fault.resetAfterHeaders,
  Fault.cutBody({ afterBytes: 40 }),
  Fault.truncatedJson({ afterBytes: 40 }),
  Fault.streamError({ afterEvents: 2, type: "overloaded_error" }),
  Fault.streamEnds({ afterEvents: 2 })
]

const calls = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  const { use } = yield* ClaudeClient.ClaudeClient
  return [
    claude.messages.create({ ...hello, model: "claude-sonnet-4-5" }),
    Stream.runDrain(claude.messages.stream(hello)),
    claude.messages.countTokens(hello),
    Stream.runDrain(claude.models.list()),
    claude.models.retrieve("claude-opus-5-5"),
    use((client, options) => client.get("/v1/models", options))
  ]
})

/** Calls that succeed, that meet each fault, that are refused here and that time out. Gives what their ends show. */
const series = Effect.gen(function*() {
  const sim = yield* Simulator.Simulator
  const claude = yield* Claude.Claude
  const all: ReadonlyArray<Effect.Effect<unknown, ClaudeError.ClaudeError>> = yield* calls
  const ends = [yield* Effect.forEach(all, (call) => Effect.exit(call))]
  for (const fault of [...failing, ...echoing]) {
    // The second meets the retry.
    const meet = (call: Effect.Effect<unknown, ClaudeError.ClaudeError>) =>
      sim.reset.pipe(Effect.andThen(sim.script([fault, fault])), Effect.andThen(Effect.exit(call)))
    ends.push(yield* Effect.forEach(all.slice(0, 2), meet))
  }
  yield* sim.reset
  ends.push([yield* Effect.exit(claude.messages.create({ ...hello, messages: [] }))])
  yield* sim.script([Fault.stallBeforeHeaders])
  const stalled = yield* Effect.forkChild(Effect.exit(claude.messages.create(hello, { retry: RetryPolicy.none })))
  yield* sim.awaitJournal(({ length }) => length > 0)
  yield* TestClock.adjust("10 minutes")
  ends.push([yield* Fiber.join(stalled)])

  const causes = ends.flat().flatMap((exit) => Exit.isFailure(exit) ? [exit.cause] : [])
  const errors = causes.flatMap(({ reasons }) => reasons.filter(Cause.isFailReason)).map(({ error }) => error)
  assert.isAbove(errors.length, 60)
  return [...causes.map(Cause.pretty), ...(yield* Effect.forEach(errors, shownOfError)).flat()]
})

/** What the parts show of themselves once they have been used. */
const parts = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  const service = yield* ClaudeClient.ClaudeClient
  return [
    ...[claude, service, service.client, service.use, yield* Effect.context()].flatMap(shown),
    JSON.stringify(claude),
    JSON.stringify(service),
    JSON.stringify(service.client)
  ]
})

const debugging = {
  logLevel: "debug" as const,
  retry: RetryPolicy.exponential({ base: 0 }).pipe(Schedule.upTo({ times: 1 }))
}

interface Case {
  readonly name: string
  readonly options?: ClaudeConfig.Options
  readonly environment?: Record<string, string>
  /** Whether the simulated API is to accept it as its key. */
  readonly isKey?: boolean
  /** Whether its way into the client is one that the others show already. */
  readonly isVariant?: boolean
}

const cases: ReadonlyArray<Case> = [
  { name: "an API key", options: { apiKey: Redacted.make(secret) }, isKey: true },
  { name: "a key from an effect", options: { apiKey: Effect.succeed(Redacted.make(secret)) }, isKey: true },
  { name: "an auth token", options: { authToken: Redacted.make(secret) }, isKey: true },
  {
    name: "a token from a provider",
    options: { credentials: () => Promise.resolve({ token: secret, expiresAt: null }) },
    isKey: true
  },
  { name: "a header", options: { headers: { "x-secret": Redacted.make(secret) } } },
  { name: "a webhook key", options: { webhookKey: Redacted.make(secret) } },
  { name: "ANTHROPIC_API_KEY", environment: { ANTHROPIC_API_KEY: secret }, isKey: true, isVariant: true },
  { name: "ANTHROPIC_AUTH_TOKEN", environment: { ANTHROPIC_AUTH_TOKEN: secret }, isKey: true, isVariant: true },
  { name: "ANTHROPIC_CUSTOM_HEADERS", environment: { ANTHROPIC_CUSTOM_HEADERS: `x-one: 1\nx-secret: ${secret}` } },
  { name: "ANTHROPIC_WEBHOOK_SIGNING_KEY", environment: { ANTHROPIC_WEBHOOK_SIGNING_KEY: secret }, isVariant: true }
]

const key = Redacted.make("sk-ant-other-0123456789")

const optionsOf = ({ isKey = false, options }: Case): ClaudeConfig.Options => ({
  ...debugging,
  ...(isKey ? {} : { apiKey: key }),
  ...options
})

const serviceOf = (given: Case) =>
  Layer.unwrap(Effect.map(Simulator.Simulator, (sim) => {
    const options = { ...optionsOf(given), baseURL: sim.url }
    return given.environment === undefined
      ? Claude.layer(options)
      : Layer.provide(
        Claude.layerConfig(options),
        ConfigProvider.layer(ConfigProvider.fromEnvRecord(given.environment))
      )
  })).pipe(
    Layer.provideMerge(Simulator.layer({ apiKey: given.isKey === true ? Redacted.make(secret) : key }))
  )

describe("Promise 4: nothing secret leaks", () => {
  it.effect("the search finds the key with the plain SDK, in its log and in its fields", () =>
    Effect.gen(function*() {
      const said = yield* everythingOf(Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.error({ status: 400, message: secret })])
        const sdk = new Anthropic({ apiKey: secret, baseURL: sim.url, logLevel: "debug", logger: console })
        const error = yield* Effect.flip(
          Effect.tryPromise({ try: () => sdk.messages.create(hello), catch: (error) => error })
        )
        return [...shown(error), ...shown(sdk)]
      }))
      assert.isNotEmpty(sightings(said))
    }).pipe(Effect.provide(Simulator.layer())))

  it.effect.each(cases)("$name reaches the wire", (given) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))
      const [entry] = yield* sim.journal
      if (given.name.includes("eader")) assert.propertyVal(entry?.headers, "x-secret", "<redacted>")
      else assert.strictEqual(entry?.status, 200)
    }).pipe(Effect.provide(serviceOf(given))))

  const ways = cases.filter(({ isVariant }) => isVariant !== true)

  it.effect.each(ways)(
    "$name is in no log line, span, console output or end of a call",
    (given) =>
      Effect.gen(function*() {
        const said = yield* everythingOf(Effect.provide(series, serviceOf(given)))
        assert.isAbove(said.length, 500)
        assert.deepStrictEqual(sightings(said), [])
      })
  )

  it.effect("the key of a client that was brought is in no log line, span, console output or end of a call", () =>
    Effect.gen(function*() {
      const brought = Layer.unwrap(Effect.map(Simulator.Simulator, (sim) =>
        Layer.provideMerge(
          Claude.layerClient,
          ClaudeClient.layerSdk(new Anthropic({ apiKey: secret, baseURL: sim.url }), { retry: debugging.retry })
        )))
      const said = yield* everythingOf(
        Effect.gen(function*() {
          return [...(yield* series), ...shown(yield* ClaudeClient.ClaudeClient), ...shown(yield* Claude.Claude)]
        }).pipe(Effect.provide(Layer.provideMerge(brought, Simulator.layer({ apiKey: Redacted.make(secret) }))))
      )
      assert.isAbove(said.length, 500)
      assert.deepStrictEqual(sightings(said), [])
    }))

  it.effect.each(cases)(
    "$name is in no service, client, context or layer that one looks at",
    (given) =>
      Effect.gen(function*() {
        const claude = yield* Claude.Claude
        yield* claude.messages.create(hello)
        assert.deepStrictEqual(sightings([...(yield* parts), ...shown(Claude.layer(optionsOf(given)))]), [])
      }).pipe(Effect.provide(serviceOf(given)))
  )

  it.effect.each(cases)("$name is in no settings that one looks at", (given) =>
    Effect.gen(function*() {
      const settings = yield* given.environment === undefined
        ? ClaudeConfig.make(optionsOf(given))
        : Effect.provide(
          ClaudeConfig.config(optionsOf(given)),
          ConfigProvider.layer(ConfigProvider.fromEnvRecord(given.environment))
        )
      assert.deepStrictEqual(sightings([...shown(settings), JSON.stringify(settings)]), [])
    }))

  it.effect.each<{ readonly name: string; readonly environment: Record<string, string> }>([
    { name: "a key with a line break", environment: { ANTHROPIC_API_KEY: `${secret}\n${secret}` } },
    { name: "a token with a space", environment: { ANTHROPIC_AUTH_TOKEN: `${secret} ${secret}` } },
    {
      name: "a header with a value that HTTP does not allow",
      environment: { ANTHROPIC_API_KEY: "sk-ant-fine", ANTHROPIC_CUSTOM_HEADERS: `x-secret: ${secret}\u0007` }
    },
    {
      name: "a base URL with a password",
      environment: { ANTHROPIC_API_KEY: "sk-ant-fine", ANTHROPIC_BASE_URL: `https://me:${secret}@example.com` }
    },
    {
      name: "a base URL with a key in its query",
      environment: { ANTHROPIC_API_KEY: "sk-ant-fine", ANTHROPIC_BASE_URL: `https://example.com/?key=${secret}` }
    },
    { name: "a profile that is a key", environment: { ANTHROPIC_PROFILE: `${secret}/` } }
  ])("$name is refused without being shown", ({ environment }) =>
    Effect.gen(function*() {
      const said = yield* everythingOf(Effect.gen(function*() {
        const exit = yield* Effect.exit(Effect.scoped(Layer.build(Claude.layerConfig())))
        assert.isTrue(Exit.isFailure(exit))
        return Exit.isFailure(exit) ? [...shown(exit), Cause.pretty(exit.cause)] : []
      }))
      assert.deepStrictEqual(sightings(said), [])
    }).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(environment)))))

  it.effect.each([
    { name: "a value with a line break", headers: { authorization: `Bearer ${secret}\nx` } },
    { name: "a name that is a value", headers: { [`Bearer ${secret}`]: "x" } }
  ])("a header of a call that is refused is not shown: $name", ({ headers }) =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const error = yield* Effect.flip(claude.messages.create(hello, { headers }))
      assert.strictEqual(error._tag, "RequestRejectedError")
      for (const text of yield* shownOfError(error)) assert.notInclude(text, secret)
    }).pipe(Effect.provide(Claude.layer({ apiKey: Redacted.make("sk-ant-other"), retry: RetryPolicy.none }))))

  it.effect("a secret that begins with another is taken out whole", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* sim.script([Fault.error({ status: 400, message: `you sent ${secret}-and-more` })])
      const error = yield* Effect.flip(claude.messages.create(hello))
      assert.strictEqual(error.message, "you sent <redacted>")
    }).pipe(
      Effect.provide(
        serviceOf({
          name: "",
          options: {
            apiKey: Redacted.make(secret),
            headers: { "x-secret": Redacted.make(`${secret}-and-more`) },
            retry: RetryPolicy.none
          },
          isKey: true
        })
      )
    ))

  it.effect("a secret with quotes is taken out of JSON too", () =>
    Effect.gen(function*() {
      const quoted = `{"token":"${secret}"}`
      const program = Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        const claude = yield* Claude.Claude
        yield* sim.script([Fault.error({ status: 400, message: `you sent ${quoted}` })])
        return yield* shownOfError(yield* Effect.flip(claude.messages.create(hello)))
      })
      const said = yield* Effect.provide(
        program,
        serviceOf({ name: "", options: { headers: { "x-secret": Redacted.make(quoted) }, retry: RetryPolicy.none } })
      )
      assert.deepStrictEqual(sightings(said), [])
    }))
})
