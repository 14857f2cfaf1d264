import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Duration, Effect, Equal, Redacted, Schema } from "effect"
import { inspect } from "node:util"
import * as ClaudeConfig from "../src/ClaudeConfig.ts"

const secret = "sk-ant-api03-secret"

const apiKey = Redacted.make(secret)

/** The settings, read from these variables. */
const read = (options: ClaudeConfig.ConfigOptions, env: Record<string, string> = {}) =>
  Effect.provideService(ClaudeConfig.config(options), ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))

/** The lines of the error, read from these variables. */
const problems = (options: ClaudeConfig.ConfigOptions, env: Record<string, string> = {}) =>
  Effect.map(Effect.flip(read(options, env)), ({ message }) => message.split("\n"))

const tokenOf = ({ credential }: ClaudeConfig.ClaudeConfig) =>
  credential._tag === "Bearer" ? Redacted.value(credential.token) : credential._tag

describe("an option that is a Config", () => {
  it.effect("is read from its own variable", () =>
    Effect.gen(function*() {
      const config = yield* read(
        {
          apiKey: Config.Redacted("MY_KEY"),
          baseURL: Config.String("MY_URL"),
          timeout: Config.Duration("MY_TIMEOUT"),
          logLevel: Config.Literals(["info", "debug"], "MY_LOG"),
          idleTimeout: "5 seconds"
        },
        { MY_KEY: secret, MY_URL: "https://gateway.example/v1/", MY_TIMEOUT: "90 seconds", MY_LOG: "debug" }
      )
      assert.strictEqual(tokenOf(config), secret)
      assert.strictEqual(config.baseURL, "https://gateway.example")
      assert.deepStrictEqual([config.timeout, config.timeoutChosen], [Duration.seconds(90), true])
      assert.strictEqual(config.logLevel, "debug")
      assert.deepStrictEqual(config.idleTimeout, Duration.seconds(5))
    }))

  it.effect("comes before the variable of the SDK", () =>
    Effect.gen(function*() {
      const env = { MY_KEY: secret, ANTHROPIC_API_KEY: "sk-ant-other", ANTHROPIC_PROFILE: "other" }
      assert.strictEqual(tokenOf(yield* read({ apiKey: Config.Redacted("MY_KEY") }, env)), secret)
    }))

  it.effect("that gives undefined leaves the setting to the variable of the SDK", () =>
    Effect.gen(function*() {
      const mine = Config.withDefault(Config.Redacted("MY_KEY"), undefined)
      assert.strictEqual(tokenOf(yield* read({ apiKey: mine }, { ANTHROPIC_API_KEY: secret })), secret)
    }))

  it.effect("may be one value of the headers", () =>
    Effect.gen(function*() {
      const headers = {
        "x-team": Config.String("TEAM"),
        "x-secret": Config.Redacted("SECRET"),
        "x-none": Config.withDefault(Config.String("NONE"), undefined),
        "x-plain": "plain"
      }
      const config = yield* read({ apiKey, headers }, { TEAM: "search", SECRET: secret })
      const expected = { "x-team": "search", "x-secret": Redacted.make(secret), "x-plain": "plain" }
      assert.isTrue(Equal.equals(config.headers, expected))
    }))

  it.effect("may be all of the headers", () =>
    Effect.gen(function*() {
      const headers = Config.map(Config.String("TEAM"), (team) => ({ "x-team": team }))
      const config = yield* read({ apiKey, headers }, { TEAM: "search", ANTHROPIC_CUSTOM_HEADERS: "X-Team: other" })
      assert.deepStrictEqual(config.headers, { "x-team": "search" })
    }))

  it.effect("is checked as a value is", () =>
    Effect.gen(function*() {
      const [problem] = yield* problems({ apiKey, baseURL: Config.String("MY_URL") }, { MY_URL: "gateway" })
      assert.match(problem ?? "", /^baseURL: expected a URL/)
    }))

  it.effect("has no place among values, though a Config is an Effect as a key may be", () =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(ClaudeConfig.make({ apiKey: Config.Redacted("MY_KEY") }))
      assert.strictEqual(
        message,
        "apiKey: expected a value, got a Config. Use layerConfig, which reads it as the layer builds."
      )
    }))
})

describe("an API key that is an Effect", () => {
  it.effect.each(
    [
      ["make", ClaudeConfig.make],
      ["config", ClaudeConfig.config]
    ] as const
  )("is kept and not run by %s", ([, read]) =>
    Effect.gen(function*() {
      const key = Effect.die("asked too early")
      const { credential } = yield* read({ apiKey: key })
      assert.deepStrictEqual<unknown>(credential, { _tag: "KeyEffect", key })
    }))
})

describe("what is missing", () => {
  it.effect("is said in one plain line: a key", () =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(read({}))
      assert.strictEqual(message, "ANTHROPIC_API_KEY is missing. Set it to an API key from the Claude Console.")
    }))

  it.effect("is said in one plain line: the variable of a Config", () =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(read({ apiKey: Config.Redacted("MY_KEY") }, { ANTHROPIC_API_KEY: secret }))
      assert.strictEqual(message, "MY_KEY is missing, which apiKey is read from. Set it.")
    }))

  it.effect("is said with the name of a nested variable", () =>
    Effect.gen(function*() {
      const timeout = Config.nested(Config.Duration("TIMEOUT"), "CLAUDE")
      const { message } = yield* Effect.flip(read({ apiKey, timeout }))
      assert.strictEqual(message, "CLAUDE_TIMEOUT is missing, which timeout is read from. Set it.")
    }))
})

describe("every problem is reported at once", () => {
  it.effect("of variables", () =>
    Effect.gen(function*() {
      const lines = yield* problems({}, {
        ANTHROPIC_API_KEY: `${secret} ${secret}`,
        ANTHROPIC_BASE_URL: "gateway",
        ANTHROPIC_TIMEOUT: "soon",
        ANTHROPIC_LOG: "loud",
        ANTHROPIC_CUSTOM_HEADERS: "x team: search\nx-note: \u0007"
      })
      assert.deepStrictEqual(lines.map((line) => line.split(/[: ]/)[0]), [
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_TIMEOUT",
        "ANTHROPIC_LOG",
        "ANTHROPIC_CUSTOM_HEADERS",
        "ANTHROPIC_CUSTOM_HEADERS"
      ])
    }))

  it.effect("of values", () =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(
        ClaudeConfig.make({ baseURL: "ftp://gateway", timeout: 0, idleTimeout: -1, headers: { "x team": "" } })
      )
      assert.deepStrictEqual(message.split("\n").map((line) => line.split(/[: ]/)[0]), [
        "apiKey",
        "baseURL",
        "timeout",
        "idleTimeout",
        "headers"
      ])
    }))

  it.effect("of options and variables together, each by its own name", () =>
    Effect.gen(function*() {
      const options = {
        apiKey: Config.Redacted("MY_KEY"),
        timeout: Config.Duration("MY_TIMEOUT"),
        idleTimeout: 0,
        headers: { "x-team": Config.String("TEAM") }
      }
      const lines = yield* problems(options, { MY_TIMEOUT: "soon", ANTHROPIC_LOG: "loud", ANTHROPIC_TIMEOUT: "later" })
      assert.deepStrictEqual(lines.map((line) => line.split(" ")[0]).sort(), [
        "ANTHROPIC_LOG:",
        "MY_KEY",
        "TEAM",
        "idleTimeout:",
        "timeout:"
      ])
      assert.include(lines.find((line) => line.startsWith("timeout")), "MY_TIMEOUT")
    }))

  it.effect("and a source that fails is one problem, not one for each variable", () =>
    Effect.gen(function*() {
      const broken = ConfigProvider.make(() =>
        Effect.fail(new ConfigProvider.SourceError({ message: "the vault is closed" }))
      )
      const { message } = yield* ClaudeConfig.config({ idleTimeout: 0 }).pipe(
        Effect.provideService(ConfigProvider.ConfigProvider, broken),
        Effect.flip
      )
      assert.deepStrictEqual(message.split("\n"), [
        "idleTimeout: expected a duration above zero such as \"90 seconds\", got \"0\".",
        "The settings could not be read: the vault is closed"
      ])
    }))

  it.effect("and none shows a secret", () =>
    Effect.gen(function*() {
      const options = {
        apiKey: Config.Redacted("MY_KEY"),
        baseURL: Config.String("MY_URL"),
        webhookKey: Config.schema(Schema.Redacted(Schema.String.check(Schema.isMinLength(100))), "MY_WEBHOOK")
      }
      const error = yield* Effect.flip(read(options, {
        MY_KEY: `${secret}\n`.repeat(2),
        MY_URL: `https://me:${secret}@gateway.example`,
        MY_WEBHOOK: secret
      }))
      assert.notInclude(`${error}${JSON.stringify(error)}${inspect(error, { depth: 9 })}`, secret)
      assert.strictEqual(error.message.split("\n").length, 3)
    }))
})
