import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Context, Duration, Effect, Fiber, Layer, Redacted, Schedule, Stream } from "effect"
import { Claude, ClaudeClient, ClaudeConfig, ClaudeError, ClaudeLogger, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { hello, simulated } from "./support/simulated.ts"

/** Sets variables of the process while an effect runs. */
const withVariables =
  (variables: Readonly<Record<string, string | undefined>>) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const set = (values: Readonly<Record<string, string | undefined>>) =>
      Effect.sync(() => {
        for (const [name, value] of Object.entries(values)) {
          if (value === undefined) delete process.env[name]
          else process.env[name] = value
        }
      })
    return Effect.acquireUseRelease(
      Effect.sync(() => Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]))),
      () => Effect.andThen(set(variables), self),
      set
    )
  }

const poison = {
  ANTHROPIC_API_KEY: "sk-ant-poison-key",
  ANTHROPIC_AUTH_TOKEN: "sk-ant-poison-token",
  ANTHROPIC_BASE_URL: "http://127.0.0.1:9/poison",
  ANTHROPIC_CONFIG_DIR: "/poison",
  ANTHROPIC_CUSTOM_HEADERS: "x-poison: 1\nauthorization: Bearer poison\nanthropic-version: poison",
  ANTHROPIC_FEDERATION_RULE_ID: "poison",
  ANTHROPIC_IDENTITY_TOKEN: "poison",
  ANTHROPIC_LOG: "debug",
  ANTHROPIC_ORGANIZATION_ID: "poison",
  ANTHROPIC_PROFILE: "poison",
  ANTHROPIC_TIMEOUT: "1 milli",
  ANTHROPIC_WEBHOOK_SIGNING_KEY: "poison",
  ANTHROPIC_WORKSPACE_ID: "poison"
}

const poisoned = withVariables(poison)

/** The variables of a provider alone. */
const variables = (environment: Record<string, string>) =>
  Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(environment)))

const key = "sk-ant-right-0123456789"

const simulator = Simulator.layer({ apiKey: Redacted.make(key) })

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

const entries = Effect.flatMap(Simulator.Simulator, ({ journal }) => journal)

/** Collects the SDK's log lines. */
const collecting = () => {
  const lines: Array<ClaudeLogger.Line> = []
  return { lines, layer: ClaudeLogger.layer({ log: (line) => Effect.sync(() => lines.push(line)) }) }
}

describe("Claude.layer reads no environment", () => {
  const credentials: ReadonlyArray<{ readonly name: string; readonly options: ClaudeConfig.Options }> = [
    { name: "a key", options: { apiKey: Redacted.make(key) } },
    { name: "a token", options: { authToken: Redacted.make(key) } },
    { name: "a provider", options: { credentials: () => Promise.resolve({ token: key, expiresAt: null }) } }
  ]

  it.effect.each(credentials)("for its credentials, given $name", ({ options }) =>
    poisoned(Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* Effect.provide(create, Claude.layer({ ...options, baseURL: sim.url }))
      assert.deepStrictEqual((yield* entries).map(({ status }) => status), [200])
    })).pipe(Effect.provide(simulator)))

  it.effect.each(credentials)("for its headers, given $name", ({ options }) =>
    poisoned(Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* Effect.provide(create, Claude.layer({ ...options, baseURL: sim.url, headers: { "x-mine": "1" } }))
      const headers = (yield* entries)[0]?.headers
      assert.propertyVal(headers, "x-mine", "1")
      assert.notInclude(JSON.stringify(headers), "poison")
    })).pipe(Effect.provide(simulator)))

  it.effect("for its base URL", () =>
    poisoned(
      Effect.gen(function*() {
        const { client } = yield* ClaudeClient.ClaudeClient
        assert.strictEqual(client.baseURL, "https://api.anthropic.com")
      }).pipe(Effect.provide(Claude.layer({ apiKey: Redacted.make(key) })))
    ))

  it.effect("for its log level", () => {
    const { layer, lines } = collecting()
    return poisoned(Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const service = Claude.layer({ apiKey: Redacted.make(key), baseURL: sim.url })
      yield* Effect.provide(create, Layer.provide(service, layer))
      assert.deepStrictEqual(lines, [])
    })).pipe(Effect.provide(simulator))
  })

  it.effect("for its webhook key", () =>
    poisoned(
      Effect.gen(function*() {
        const { client } = yield* ClaudeClient.ClaudeClient
        assert.isNull(client.webhookKey)
      }).pipe(Effect.provide(Claude.layer({ apiKey: Redacted.make(key) })))
    ))

  it.effect("for an identity token that is missing: it says so as it is built", () =>
    poisoned(Effect.gen(function*() {
      const workloadIdentity = {
        organization_id: "organization",
        authentication: { type: "oidc_federation", federation_rule_id: "rule" }
      } as const
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Claude.layer({ workloadIdentity }))))
      assert.match(error.message, /^workloadIdentity has no identity token\./)
    })))

  it.effect("for a credential that is missing: it says so as it is built", () =>
    poisoned(Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Claude.layer({}))))
      assert.strictEqual(error.message, "apiKey is missing. Set it to an API key from the Claude Console.")
    })))

  it.effect("and neither does ClaudeClient.layer", () =>
    poisoned(Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const client = ClaudeClient.layer({ apiKey: Redacted.make(key), baseURL: sim.url })
      yield* Effect.provide(create, Layer.provide(Claude.layerClient, client))
      assert.deepStrictEqual((yield* entries).map(({ status }) => status), [200])
    })).pipe(Effect.provide(simulator)))
})

describe("Claude.layerConfig reads its provider and nothing else", () => {
  /** A call with these variables, beside the address of the simulated API. */
  const calling = Effect.fnUntraced(function*(
    environment: Record<string, string>,
    options?: ClaudeConfig.Options
  ) {
    const sim = yield* Simulator.Simulator
    const service = Claude.layerConfig({ retry: RetryPolicy.none, ...options })
    return yield* Effect.provide(create, service).pipe(variables({ ANTHROPIC_BASE_URL: sim.url, ...environment }))
  })

  it.effect.each([{ variable: "ANTHROPIC_API_KEY" }, { variable: "ANTHROPIC_AUTH_TOKEN" }])(
    "its credential is $variable, at the address ANTHROPIC_BASE_URL",
    ({ variable }) =>
      poisoned(Effect.gen(function*() {
        yield* calling({ [variable]: key })
        assert.deepStrictEqual((yield* entries).map(({ status }) => status), [200])
      })).pipe(Effect.provide(simulator))
  )

  it.effect("its headers are ANTHROPIC_CUSTOM_HEADERS", () =>
    poisoned(Effect.gen(function*() {
      yield* calling({ ANTHROPIC_API_KEY: key, ANTHROPIC_CUSTOM_HEADERS: "x-one: 1\nx-two: a: b" })
      const headers = (yield* entries)[0]?.headers
      assert.include(headers, { "x-one": "1", "x-two": "a: b" })
      assert.notProperty(headers, "x-poison")
    })).pipe(Effect.provide(simulator)))

  it.effect("its log level is ANTHROPIC_LOG", () => {
    const { layer, lines } = collecting()
    return Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* Effect.provide(create, Layer.provide(Claude.layerConfig(), layer)).pipe(
        variables({ ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: sim.url, ANTHROPIC_LOG: "info" })
      )
      assert.deepStrictEqual([...new Set(lines.map(({ level }) => level))], ["info"])
    }).pipe(poisoned, Effect.provide(simulator))
  })

  it.effect("its timeout is ANTHROPIC_TIMEOUT", () =>
    poisoned(Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.stallBeforeHeaders])
      const call = calling({ ANTHROPIC_API_KEY: key, ANTHROPIC_TIMEOUT: "7 seconds" })
      const fiber = yield* Effect.forkChild(Effect.flip(call))
      yield* sim.awaitJournal(({ length }) => length === 1)
      yield* TestClock.adjust("7 seconds")
      const error = yield* Fiber.join(fiber)
      assert.instanceOf(error, ClaudeError.APIConnectionTimeoutError)
      assert.deepStrictEqual(error.timeout, Duration.seconds(7))
    })).pipe(Effect.provide(simulator)))

  it.effect("its profile is ANTHROPIC_PROFILE", () =>
    poisoned(Effect.gen(function*() {
      const error = yield* Effect.flip(calling({ ANTHROPIC_PROFILE: "of-nobody" }))
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.match(error.message, /^Profile "of-nobody" could not be resolved/)
    })).pipe(Effect.provide(simulator)))

  /** Every body that is sent, which the journal does not show as it was. */
  const sentTo = () => {
    const bodies: Array<string> = []
    const sending: typeof fetch = (input, init) => {
      bodies.push(String(init?.body))
      return fetch(input, init)
    }
    return { bodies, fetch: sending }
  }

  it.effect("its workload identity is ANTHROPIC_FEDERATION_RULE_ID and those that belong to it", () =>
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "claude-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const file = join(folder, "token")
      writeFileSync(file, "identity-token")
      const sent = sentTo()
      yield* Effect.flip(calling({
        ANTHROPIC_FEDERATION_RULE_ID: "rule",
        ANTHROPIC_ORGANIZATION_ID: "organization",
        ANTHROPIC_IDENTITY_TOKEN_FILE: file,
        ANTHROPIC_SERVICE_ACCOUNT_ID: "account",
        ANTHROPIC_WORKSPACE_ID: "workspace"
      }, { fetch: sent.fetch }))
      const [entry] = yield* entries
      assert.strictEqual(entry?.path, "/v1/oauth/token")
      assert.deepInclude(JSON.parse(sent.bodies[0] ?? ""), {
        assertion: "identity-token",
        federation_rule_id: "rule",
        organization_id: "organization",
        service_account_id: "account",
        workspace_id: "workspace"
      })
    }).pipe(poisoned, Effect.provide(simulator)))

  it.effect("its identity token may be ANTHROPIC_IDENTITY_TOKEN", () =>
    Effect.gen(function*() {
      const sent = sentTo()
      yield* Effect.flip(calling({
        ANTHROPIC_FEDERATION_RULE_ID: "rule",
        ANTHROPIC_ORGANIZATION_ID: "organization",
        ANTHROPIC_IDENTITY_TOKEN: "identity-token",
        ANTHROPIC_SERVICE_ACCOUNT_ID: "account",
        ANTHROPIC_WORKSPACE_ID: "workspace"
      }, { fetch: sent.fetch }))
      const [entry] = yield* entries
      assert.strictEqual(entry?.path, "/v1/oauth/token")
      assert.deepInclude(JSON.parse(sent.bodies[0] ?? ""), {
        assertion: "identity-token",
        federation_rule_id: "rule",
        organization_id: "organization",
        service_account_id: "account",
        workspace_id: "workspace"
      })
    }).pipe(poisoned, Effect.provide(simulator)))

  it.effect("its webhook key is ANTHROPIC_WEBHOOK_SIGNING_KEY", () =>
    poisoned(
      Effect.gen(function*() {
        const { webhookKey } = yield* ClaudeConfig.config()
        assert.strictEqual(webhookKey === undefined ? undefined : Redacted.value(webhookKey), "whsec-1")
      }).pipe(variables({ ANTHROPIC_API_KEY: key, ANTHROPIC_WEBHOOK_SIGNING_KEY: "whsec-1" }))
    ))

  it.effect("a key that is missing there is missing: it says so as it is built", () =>
    poisoned(Effect.gen(function*() {
      const error = yield* Effect.flip(calling({}))
      assert.strictEqual(error.message, "ANTHROPIC_API_KEY is missing. Set it to an API key from the Claude Console.")
      assert.deepStrictEqual(yield* entries, [])
    })).pipe(Effect.provide(simulator)))

  it.effect("an option may be a Config with a variable of its own", () =>
    poisoned(Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const service = Claude.layerConfig({
        apiKey: Config.Redacted("MY_KEY"),
        baseURL: Config.String("MY_GATEWAY"),
        timeout: "90 seconds"
      })
      yield* Effect.provide(create, service).pipe(
        variables({ MY_KEY: key, MY_GATEWAY: `${sim.url}/v1/`, ANTHROPIC_API_KEY: "sk-ant-wrong-0123456789" })
      )
      assert.deepStrictEqual((yield* entries).map(({ path, status }) => [path, status]), [["/v1/messages", 200]])
    })).pipe(Effect.provide(simulator)))

  it.effect("options come before variables", () =>
    poisoned(Effect.gen(function*() {
      const wrong = { ANTHROPIC_API_KEY: "sk-ant-wrong-0123456789", ANTHROPIC_CUSTOM_HEADERS: "X-One: 1\nx-two: 2" }
      yield* calling(wrong, { apiKey: Redacted.make(key), headers: { "x-one": "mine" } })
      const [entry] = yield* entries
      assert.strictEqual(entry?.status, 200)
      assert.include(entry?.headers, { "x-one": "mine", "x-two": "2" })
    })).pipe(Effect.provide(simulator)))

  it.effect("its provider is that of the process where none is given", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const clean = Object.fromEntries(Object.keys(poison).map((name) => [name, undefined]))
      yield* Effect.provide(create, Claude.layerConfig()).pipe(
        withVariables({ ...clean, ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: sim.url })
      )
      assert.deepStrictEqual((yield* entries).map(({ status }) => status), [200])
    }).pipe(Effect.provide(simulator)))

  it.effect("its policy is in the options, and counts for every call", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script(Array.from({ length: 5 }, () => Fault.overloaded()))
      const retry = RetryPolicy.exponential({ base: 0 }).pipe(Schedule.upTo({ times: 2 }))
      yield* Effect.flip(calling({ ANTHROPIC_API_KEY: key }, { retry }))
      assert.strictEqual((yield* entries).length, 3)
    }).pipe(Effect.provide(simulator)))
})

describe("a base URL", () => {
  /** An address on the simulated API's server. */
  const at = (path: string) =>
    Layer.unwrap(
      Effect.map(Simulator.Simulator, (sim) =>
        Claude.layer({ apiKey: sim.apiKey, baseURL: `${sim.url}${path}`, retry: RetryPolicy.none }))
    ).pipe(
      Layer.provideMerge(Simulator.layer())
    )

  it.effect("may end in a slash", () =>
    Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual((yield* entries).map(({ path }) => path), ["/v1/messages"])
    }).pipe(Effect.provide(at("/"))))

  it.effect.each(["/v1", "/v1/"])("may end in %s, which the SDK adds itself", (path) =>
    Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual((yield* entries).map(({ path }) => path), ["/v1/messages"])
    }).pipe(Effect.provide(at(path))))

  it.effect("may have a path, as a gateway's", () =>
    Effect.gen(function*() {
      yield* Effect.flip(create)
      assert.deepStrictEqual((yield* entries).map(({ path }) => path), ["/gateway/claude/v1/messages"])
    }).pipe(Effect.provide(at("/gateway/claude"))))

  it.effect.each([
    { name: "messages.create", call: Effect.asVoid(create) },
    {
      name: "messages.stream",
      call: Effect.flatMap(Claude.Claude, ({ messages }) => Stream.runDrain(messages.stream(hello)))
    },
    { name: "models.list", call: Effect.flatMap(Claude.Claude, ({ models }) => Stream.runDrain(models.list())) }
  ])(
    "of a server that speaks HTML is an InvalidResponseError of $name that shows the page",
    ({ call }) =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.html()])
        const error: ClaudeError.ClaudeError = yield* Effect.flip(call)
        assert.instanceOf(error, ClaudeError.InvalidResponseError)
        assert.include(error.snippet, "<h1>Sign in to continue</h1>")
      }).pipe(Effect.provide(simulated()))
  )

  it.effect("of nobody is an APIConnectionError that names it", () =>
    Effect.gen(function*() {
      const url = yield* Effect.scoped(
        Effect.map(Layer.build(Simulator.layer()), (context) => Context.get(context, Simulator.Simulator).url)
      )
      const service = Claude.layer({ apiKey: Redacted.make(key), baseURL: url, retry: RetryPolicy.none })
      const error = yield* Effect.flip(Effect.provide(create, service))
      assert.instanceOf(error, ClaudeError.APIConnectionError)
      assert.include(error.message, new URL(url).host)
    }))
})
