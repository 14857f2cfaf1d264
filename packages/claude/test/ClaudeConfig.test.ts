import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Duration, Effect, Equal, Redacted } from "effect"
import { inspect } from "node:util"
import * as ClaudeConfig from "../src/ClaudeConfig.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"

const secret = "sk-ant-api03-secret"

const apiKey = Redacted.make(secret)

const withEnv = (env: Record<string, string>) =>
  Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))

const withKey = (env: Record<string, string>) => withEnv({ ANTHROPIC_API_KEY: secret, ...env })

/** Credentials and headers in the clear. */
const plain = <A>(value: A | Redacted.Redacted<A>): A => Redacted.isRedacted(value) ? Redacted.value(value) : value

const plainHeaders = ({ headers }: ClaudeConfig.ClaudeConfig) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, plain(value)]))

const tokenOf = ({ credential }: ClaudeConfig.ClaudeConfig) =>
  credential._tag === "Bearer" ? Redacted.value(credential.token) : credential._tag

const provider = () => Promise.resolve({ token: secret, expiresAt: null })

const workloadIdentity = {
  organization_id: "org",
  authentication: {
    type: "oidc_federation",
    federation_rule_id: "fdrl_1",
    identity_token: { source: "file", path: "/var/run/token" }
  }
} satisfies ClaudeConfig.Options["workloadIdentity"]

describe("make", () => {
  it.effect("needs no more than a credential", () =>
    Effect.gen(function*() {
      const { credential, ...settings } = yield* ClaudeConfig.make({ apiKey })
      assert.strictEqual(credential._tag, "Bearer")
      assert.deepStrictEqual(settings, {
        baseURL: undefined,
        timeout: Duration.minutes(10),
        timeoutChosen: false,
        idleTimeout: Duration.seconds(60),
        maxEventBytes: 64 * 1024 * 1024,
        retry: undefined,
        logLevel: undefined,
        headers: {},
        webhookKey: undefined,
        interceptors: undefined,
        resultsOrigins: undefined,
        fetch: undefined,
        fetchOptions: undefined,
        middleware: undefined,
        dangerouslyAllowBrowser: undefined
      })
    }))

  it.effect("passes on what there is nothing to check of", () =>
    Effect.gen(function*() {
      const options = {
        retry: RetryPolicy.none,
        fetch: globalThis.fetch,
        fetchOptions: { redirect: "error" },
        middleware: [],
        dangerouslyAllowBrowser: true,
        webhookKey: Redacted.make("whsec_1")
      } satisfies ClaudeConfig.Options
      const config = yield* ClaudeConfig.make({ apiKey, ...options })
      for (const [name, value] of Object.entries(options)) assert.strictEqual(Reflect.get(config, name), value)
    }))

  it.effect("reads no environment", () =>
    Effect.gen(function*() {
      const error = yield* ClaudeConfig.make({}).pipe(withKey({}), Effect.flip)
      assert.include(error.message, "apiKey is missing")
    }))

  it.effect.each<{ readonly options: ClaudeConfig.Options; readonly expected: unknown }>([
    { options: { credentials: provider }, expected: { _tag: "Provider", provider } },
    { options: { profile: "work" }, expected: { _tag: "Profile", name: "work" } },
    { options: { workloadIdentity }, expected: { _tag: "WorkloadIdentity", config: workloadIdentity } }
  ])(
    "takes the credential $expected._tag",
    ({ expected, options }) =>
      Effect.map(ClaudeConfig.make(options), ({ credential }) => assert.deepStrictEqual<unknown>(credential, expected))
  )

  it.effect.each<ClaudeConfig.Options>([{ apiKey }, { authToken: apiKey }])(
    "takes the credential %j",
    (options) => Effect.map(ClaudeConfig.make(options), (config) => assert.strictEqual(tokenOf(config), secret))
  )

  const credentials = { apiKey, authToken: apiKey, credentials: provider, profile: "work", workloadIdentity }
  const pairs = Object.keys(credentials).flatMap((one, index, names) =>
    names.slice(index + 1).map((other) => [one, other] as const)
  )

  it.effect.each(pairs)("refuses %s and %s at once, and names both", ([one, other]) =>
    Effect.gen(function*() {
      const options = Object.fromEntries(Object.entries(credentials).filter(([name]) => name === one || name === other))
      const { message } = yield* Effect.flip(ClaudeConfig.make(options))
      assert.include(message, `${one} and ${other}`)
    }))

  it.effect.each([
    ["https://api.anthropic.com", "https://api.anthropic.com"],
    ["https://api.anthropic.com/", "https://api.anthropic.com"],
    ["http://localhost:8080/claude/", "http://localhost:8080/claude"],
    ["  https://gateway.example/v2//  ", "https://gateway.example/v2"],
    ["https://api.anthropic.com/v1", "https://api.anthropic.com"],
    ["https://api.anthropic.com/v1/", "https://api.anthropic.com"],
    ["https://gateway.example/claude//v1//", "https://gateway.example/claude"],
    ["https://gateway.example/v1/v1", "https://gateway.example/v1"],
    ["https://gateway.example/v1/claude", "https://gateway.example/v1/claude"],
    ["https://gateway.example/my-v1", "https://gateway.example/my-v1"],
    [new URL("https://gateway.example/v1/"), "https://gateway.example"],
    ["HTTPS://Gateway.Example", "https://gateway.example"],
    [new URL("https://gateway.example/claude"), "https://gateway.example/claude"]
  ])(
    "takes the base URL %s as %s",
    ([baseURL, expected]) =>
      Effect.map(ClaudeConfig.make({ apiKey, baseURL }), (config) => assert.strictEqual(config.baseURL, expected))
  )

  it.effect.each(
    [
      ["90 seconds", 90_000],
      [1, 1],
      [Duration.minutes(2), 120_000],
      ["Infinity", Infinity]
    ] as const
  )("takes the timeout %s as %d ms that were chosen", ([timeout, millis]) =>
    Effect.gen(function*() {
      const config = yield* ClaudeConfig.make({ apiKey, timeout })
      assert.deepStrictEqual([Duration.toMillis(config.timeout), config.timeoutChosen], [millis, true])
    }))

  it.effect("takes Infinity as no idle timeout", () =>
    Effect.gen(function*() {
      const { idleTimeout } = yield* ClaudeConfig.make({ apiKey, idleTimeout: Infinity })
      assert.isFalse(Duration.isFinite(idleTimeout))
    }))

  it.effect.each(["default", "work-1", "a.b_c", "..."])("takes the profile %s", (profile) =>
    Effect.gen(function*() {
      const { credential } = yield* ClaudeConfig.make({ profile })
      assert.deepStrictEqual(credential, { _tag: "Profile", name: profile })
    }))

  it.effect.each([
    { "X-Team": "search" },
    { "x!#$%&'*+.^_`|~0-9": "" },
    { "x-note": "caf\u00e9, with a\ttab" },
    { authorization: Redacted.make("Bearer 1") }
  ])(
    "takes the headers %o",
    (headers) =>
      Effect.map(ClaudeConfig.make({ apiKey, headers }), (config) => assert.deepStrictEqual(config.headers, headers))
  )

  it.effect("keeps the key in the clear off what an inspection shows", () =>
    Effect.gen(function*() {
      const config = yield* ClaudeConfig.make({ apiKey, headers: { "x-secret": apiKey }, webhookKey: apiKey })
      assert.notInclude(inspect(config, { depth: 9, showHidden: true }), secret)
      assert.notInclude(JSON.stringify(config), secret)
    }))
})

describe("a wrong option", () => {
  const wrong: ReadonlyArray<readonly [name: string, problem: string, options: Record<string, unknown>]> = [
    ["apiKey", "missing", {}],
    ["apiKey", "empty", { apiKey: Redacted.make("") }],
    ["apiKey", "blank", { apiKey: Redacted.make(" \n") }],
    ["apiKey", "with a space", { apiKey: Redacted.make(`${secret} ${secret}`) }],
    ["apiKey", "with a line break", { apiKey: Redacted.make(`${secret}\n${secret}`) }],
    ["apiKey", "with an accent", { apiKey: Redacted.make(`${secret}\u00e9`) }],
    ["apiKey", "with an invisible space", { apiKey: Redacted.make(`${secret}\u200b`) }],
    ["apiKey", "with a control character", { apiKey: Redacted.make(`${secret}\u0000`) }],
    ["authToken", "empty", { authToken: Redacted.make("") }],
    ["authToken", "with a line break", { authToken: Redacted.make(`${secret}\r\n${secret}`) }],
    ["profile", "empty", { profile: "" }],
    ["profile", "blank", { profile: " " }],
    ["profile", "this folder", { profile: "." }],
    ["profile", "the folder above", { profile: ".." }],
    ["profile", "a path", { profile: "../work" }],
    ["profile", "a Windows path", { profile: "a\\b" }],
    ["profile", "with a line break", { profile: "work\n" }],
    ["profile", "with an accent", { profile: "\u00fcber" }],
    ["baseURL", "empty", { apiKey, baseURL: "" }],
    ["baseURL", "without a scheme", { apiKey, baseURL: "api.anthropic.com" }],
    ["baseURL", "without a host", { apiKey, baseURL: "https://" }],
    ["baseURL", "with a space", { apiKey, baseURL: "https://exa mple" }],
    ["baseURL", "for FTP", { apiKey, baseURL: "ftp://api.anthropic.com" }],
    ["baseURL", "of a file", { apiKey, baseURL: "file:///etc/passwd" }],
    ["baseURL", "of a script", { apiKey, baseURL: "javascript:alert(1)" }],
    ["baseURL", "with a password", { apiKey, baseURL: `https://me:${secret}@gateway.example` }],
    ["baseURL", "with a user name", { apiKey, baseURL: `https://${secret}@gateway.example` }],
    ["baseURL", "with a query", { apiKey, baseURL: `https://gateway.example/?key=${secret}` }],
    ["baseURL", "with a fragment", { apiKey, baseURL: "https://gateway.example/#v1" }],
    ["timeout", "zero", { apiKey, timeout: 0 }],
    ["timeout", "negative", { apiKey, timeout: -1 }],
    ["timeout", "no number", { apiKey, timeout: NaN }],
    ["timeout", "a word", { apiKey, timeout: "soon" }],
    ["timeout", "without a unit", { apiKey, timeout: "90" }],
    ["timeout", "negative with a unit", { apiKey, timeout: "-5 seconds" }],
    ["idleTimeout", "zero", { apiKey, idleTimeout: 0 }],
    ["maxEventBytes", "zero", { apiKey, maxEventBytes: 0 }],
    ["maxEventBytes", "not a number", { apiKey, maxEventBytes: NaN }],
    ["idleTimeout", "a word", { apiKey, idleTimeout: "never" }],
    ["logLevel", "unknown", { apiKey, logLevel: "loud" }],
    ["logLevel", "in capitals", { apiKey, logLevel: "WARN" }],
    ["headers", "without a name", { apiKey, headers: { "": "x" } }],
    ["headers", "with a space in a name", { apiKey, headers: { "x team": "x" } }],
    ["headers", "with a colon in a name", { apiKey, headers: { "x-team:": "x" } }],
    ["headers", "with an accent in a name", { apiKey, headers: { "x-t\u00e9am": "x" } }],
    ["headers", "with a secret for a name", { apiKey, headers: { [`Bearer ${secret}`]: "x" } }],
    ["headers", "with a line feed in a value", { apiKey, headers: { "x-team": "a\nb" } }],
    ["headers", "with a carriage return in a value", { apiKey, headers: { "x-team": "a\rb" } }],
    ["headers", "with a control character in a value", { apiKey, headers: { "x-team": "a\u0000b" } }],
    ["headers", "with an emoji in a value", { apiKey, headers: { "x-team": "\u{1f600}" } }],
    ["headers", "with a line feed in a secret", { apiKey, headers: { "x-secret": Redacted.make(`${secret}\n`) } }]
  ]

  it.effect.each(wrong)("is named: %s %s", ([name, , options]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ClaudeConfig.make(options))
      assert.match(error.message, new RegExp(`\\b${name}\\b`))
    }))

  it.effect.each(wrong)("shows no secret: %s %s", ([, , options]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ClaudeConfig.make(options))
      assert.notInclude(`${error}${JSON.stringify(error)}${inspect(error, { depth: 9 })}`, secret)
    }))

  it.effect.each(wrong)("is a ConfigError: %s %s", ([, , options]) =>
    Effect.gen(function*() {
      const error: Config.ConfigError = yield* Effect.flip(ClaudeConfig.make(options))
      assert.instanceOf(error, Config.ConfigError)
    }))

  it.effect("in a header is said with the header's name", () =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(ClaudeConfig.make({ apiKey, headers: { "x-team": "a\nb" } }))
      assert.include(message, "\"x-team\"")
    }))
})

describe("config", () => {
  it.effect.each(
    [
      [{ ANTHROPIC_API_KEY: secret }, secret],
      [{ ANTHROPIC_API_KEY: `${secret}\n` }, secret],
      [{ ANTHROPIC_API_KEY: ` \t${secret}\r\n` }, secret],
      [{ ANTHROPIC_AUTH_TOKEN: "token" }, "token"],
      [{ ANTHROPIC_AUTH_TOKEN: "token\n" }, "token"],
      [{ ANTHROPIC_API_KEY: secret, ANTHROPIC_AUTH_TOKEN: "token" }, secret],
      [{ ANTHROPIC_API_KEY: secret, ANTHROPIC_AUTH_TOKEN: " " }, secret],
      [{ ANTHROPIC_API_KEY: secret, ANTHROPIC_PROFILE: "work" }, secret],
      [{ ANTHROPIC_API_KEY: "", ANTHROPIC_AUTH_TOKEN: "token" }, "token"],
      [{ ANTHROPIC_API_KEY: " ", ANTHROPIC_AUTH_TOKEN: "token" }, "token"]
    ] satisfies ReadonlyArray<[Record<string, string>, string]>
  )(
    "takes the token out of %j: %j",
    ([env, expected]) =>
      Effect.map(ClaudeConfig.config().pipe(withEnv(env)), (config) => assert.strictEqual(tokenOf(config), expected))
  )

  it.effect.each(
    [
      [{ ANTHROPIC_PROFILE: "work" }],
      [{ ANTHROPIC_PROFILE: " work\n" }],
      [{ ANTHROPIC_API_KEY: " ", ANTHROPIC_PROFILE: "work" }],
      [{ ANTHROPIC_AUTH_TOKEN: " ", ANTHROPIC_PROFILE: "work" }],
      [{ ANTHROPIC_PROFILE: "work", ANTHROPIC_FEDERATION_RULE_ID: "fdrl_1", ANTHROPIC_ORGANIZATION_ID: "org" }]
    ] satisfies ReadonlyArray<[Record<string, string>]>
  )(
    "takes the profile out of %j",
    ([env]) =>
      Effect.map(
        ClaudeConfig.config().pipe(withEnv(env)),
        ({ credential }) => assert.deepStrictEqual(credential, { _tag: "Profile", name: "work" })
      )
  )

  it.effect("takes workload identity out of its six variables", () =>
    Effect.gen(function*() {
      const { credential } = yield* ClaudeConfig.config().pipe(withEnv({
        ANTHROPIC_FEDERATION_RULE_ID: "fdrl_1",
        ANTHROPIC_ORGANIZATION_ID: "org",
        ANTHROPIC_IDENTITY_TOKEN_FILE: "/var/run/token",
        ANTHROPIC_SERVICE_ACCOUNT_ID: "svac_1",
        ANTHROPIC_WORKSPACE_ID: "wrkspc_1",
        ANTHROPIC_SCOPE: "user:inference"
      }))
      assert.deepStrictEqual(credential, {
        _tag: "WorkloadIdentity",
        config: {
          organization_id: "org",
          workspace_id: "wrkspc_1",
          authentication: {
            type: "oidc_federation",
            federation_rule_id: "fdrl_1",
            service_account_id: "svac_1",
            identity_token: { source: "file", path: "/var/run/token" },
            scope: "user:inference"
          }
        }
      })
    }))

  it.effect.each(
    [
      [{}],
      [{ ANTHROPIC_API_KEY: "" }],
      [{ ANTHROPIC_AUTH_TOKEN: "" }],
      [{ ANTHROPIC_AUTH_TOKEN: " " }],
      [{ ANTHROPIC_PROFILE: " " }],
      [{ ANTHROPIC_FEDERATION_RULE_ID: "fdrl_1" }],
      [{ ANTHROPIC_ORGANIZATION_ID: "org" }]
    ] satisfies ReadonlyArray<[Record<string, string>]>
  )("finds no credential in %j, and names ANTHROPIC_API_KEY", ([env]) =>
    Effect.gen(function*() {
      const { message } = yield* ClaudeConfig.config().pipe(withEnv(env), Effect.flip)
      assert.include(message, "ANTHROPIC_API_KEY is missing")
    }))

  it.effect.each([
    [{ ANTHROPIC_API_KEY: "  " }],
    [{ ANTHROPIC_API_KEY: " ", ANTHROPIC_AUTH_TOKEN: " " }]
  ])("says that a key of spaces is blank: %j", ([env]) =>
    Effect.gen(function*() {
      const { message } = yield* ClaudeConfig.config().pipe(withEnv(env ?? {}), Effect.flip)
      assert.include(message, "ANTHROPIC_API_KEY is blank")
    }))

  it.effect("takes the base URL out of ANTHROPIC_BASE_URL", () =>
    Effect.gen(function*() {
      const { baseURL } = yield* ClaudeConfig.config().pipe(withKey({ ANTHROPIC_BASE_URL: "http://localhost:8080/\n" }))
      assert.strictEqual(baseURL, "http://localhost:8080")
    }))

  it.effect.each(["https://gateway.example/v1", "https://gateway.example/v1/\n"])(
    "takes ANTHROPIC_BASE_URL=%j for what it means",
    (url) =>
      Effect.gen(function*() {
        const { baseURL } = yield* ClaudeConfig.config().pipe(withKey({ ANTHROPIC_BASE_URL: url }))
        assert.strictEqual(baseURL, "https://gateway.example")
      })
  )

  it.effect("takes the timeout out of ANTHROPIC_TIMEOUT", () =>
    Effect.gen(function*() {
      const { timeout, timeoutChosen } = yield* ClaudeConfig.config().pipe(withKey({ ANTHROPIC_TIMEOUT: "90 seconds" }))
      assert.deepStrictEqual([Duration.toSeconds(timeout), timeoutChosen], [90, true])
    }))

  it.effect.each(["off", "error", "warn", "info", "debug"])(
    "takes the level out of ANTHROPIC_LOG=%s",
    (level) =>
      Effect.gen(function*() {
        const { logLevel } = yield* ClaudeConfig.config().pipe(withKey({ ANTHROPIC_LOG: level }))
        assert.strictEqual(logLevel, level)
      })
  )

  it.effect("takes headers out of the lines of ANTHROPIC_CUSTOM_HEADERS, and skips lines that are none", () =>
    Effect.gen(function*() {
      const lines = "X-Team: search\r\n\nnone\n: nameless\nx-url:https://example.com:8080\n x-empty :"
      const config = yield* ClaudeConfig.config().pipe(withKey({ ANTHROPIC_CUSTOM_HEADERS: lines }))
      assert.deepStrictEqual(plainHeaders(config), {
        "X-Team": "search",
        "x-url": "https://example.com:8080",
        "x-empty": ""
      })
    }))

  it.effect("redacts the values of ANTHROPIC_CUSTOM_HEADERS", () =>
    Effect.gen(function*() {
      const config = yield* ClaudeConfig.config().pipe(withKey({ ANTHROPIC_CUSTOM_HEADERS: `x-key: ${secret}` }))
      assert.notInclude(inspect(config, { depth: 9 }), secret)
    }))

  it.effect("takes the webhook key out of ANTHROPIC_WEBHOOK_SIGNING_KEY", () =>
    Effect.gen(function*() {
      const { webhookKey } = yield* ClaudeConfig.config().pipe(withKey({ ANTHROPIC_WEBHOOK_SIGNING_KEY: "whsec_1" }))
      assert.strictEqual(webhookKey && Redacted.value(webhookKey), "whsec_1")
    }))

  const blank = {
    ANTHROPIC_AUTH_TOKEN: " ",
    ANTHROPIC_PROFILE: " ",
    ANTHROPIC_BASE_URL: " ",
    ANTHROPIC_TIMEOUT: " ",
    ANTHROPIC_LOG: " ",
    ANTHROPIC_CUSTOM_HEADERS: " ",
    ANTHROPIC_WEBHOOK_SIGNING_KEY: " "
  }

  it.effect("takes a blank variable for an unset one", () =>
    Effect.gen(function*() {
      const unset = yield* ClaudeConfig.config().pipe(withKey({}))
      assert.isTrue(Equal.equals(yield* ClaudeConfig.config().pipe(withKey(blank)), unset))
    }))

  it.effect("reads from any ConfigProvider", () =>
    Effect.gen(function*() {
      const provider = ConfigProvider.fromUnknown({ ANTHROPIC_API_KEY: secret, ANTHROPIC_TIMEOUT: "2 minutes" })
      const config = yield* Effect.provideService(ClaudeConfig.config(), ConfigProvider.ConfigProvider, provider)
      assert.deepStrictEqual([tokenOf(config), Duration.toMinutes(config.timeout)], [secret, 2])
    }))

  it.effect("fails with a ConfigError when the ConfigProvider does", () =>
    Effect.gen(function*() {
      const broken = ConfigProvider.make(() =>
        Effect.fail(new ConfigProvider.SourceError({ message: "the vault is closed" }))
      )
      const error = yield* ClaudeConfig.config().pipe(
        Effect.provideService(ConfigProvider.ConfigProvider, broken),
        Effect.flip
      )
      assert.instanceOf(error, Config.ConfigError)
      assert.include(error.message, "the vault is closed")
    }))
})

describe("a wrong variable", () => {
  const wrong: ReadonlyArray<readonly [name: string, value: string]> = [
    ["ANTHROPIC_API_KEY", ""],
    ["ANTHROPIC_API_KEY", " "],
    ["ANTHROPIC_API_KEY", `${secret}\n${secret}`],
    ["ANTHROPIC_API_KEY", `\u201c${secret}\u201d`],
    ["ANTHROPIC_AUTH_TOKEN", `Bearer ${secret}`],
    ["ANTHROPIC_PROFILE", "../work"],
    ["ANTHROPIC_BASE_URL", "api.anthropic.com"],
    ["ANTHROPIC_BASE_URL", "ftp://api.anthropic.com"],
    ["ANTHROPIC_BASE_URL", `https://me:${secret}@gateway.example`],
    ["ANTHROPIC_BASE_URL", `https://gateway.example/?key=${secret}`],
    ["ANTHROPIC_TIMEOUT", "soon"],
    ["ANTHROPIC_TIMEOUT", "0"],
    ["ANTHROPIC_TIMEOUT", "0 seconds"],
    ["ANTHROPIC_TIMEOUT", "90"],
    ["ANTHROPIC_TIMEOUT", "-90 seconds"],
    ["ANTHROPIC_LOG", "loud"],
    ["ANTHROPIC_CUSTOM_HEADERS", "x team: search"],
    ["ANTHROPIC_CUSTOM_HEADERS", `{"x-key": "${secret}"}`],
    ["ANTHROPIC_CUSTOM_HEADERS", `Bearer ${secret}: x`],
    ["ANTHROPIC_CUSTOM_HEADERS", `x-key: ${secret}\u200b`]
  ]

  const credentials = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE"]

  /** The variable, and a key beside it unless it is a credential itself. */
  const environment = (name: string, value: string): Record<string, string> => ({
    ...(credentials.includes(name) ? {} : { ANTHROPIC_API_KEY: secret }),
    [name]: value
  })

  it.effect.each(wrong)("is named: %s=%j", ([name, value]) =>
    Effect.gen(function*() {
      const { message } = yield* ClaudeConfig.config().pipe(withEnv(environment(name, value)), Effect.flip)
      assert.include(message, name)
    }))

  it.effect.each(wrong)("shows no secret: %s=%j", ([name, value]) =>
    Effect.gen(function*() {
      const error = yield* ClaudeConfig.config().pipe(withEnv(environment(name, value)), Effect.flip)
      assert.notInclude(`${error}${JSON.stringify(error)}${inspect(error, { depth: 9 })}`, secret)
    }))

  it.effect.each(wrong)("is a ConfigError: %s=%j", ([name, value]) =>
    Effect.gen(function*() {
      const error: Config.ConfigError = yield* ClaudeConfig.config().pipe(
        withEnv(environment(name, value)),
        Effect.flip
      )
      assert.instanceOf(error, Config.ConfigError)
    }))
})

describe("an option", () => {
  const env = {
    ANTHROPIC_BASE_URL: "https://environment.example",
    ANTHROPIC_TIMEOUT: "1 minute",
    ANTHROPIC_LOG: "debug",
    ANTHROPIC_CUSTOM_HEADERS: "X-Team: environment\nx-region: eu",
    ANTHROPIC_WEBHOOK_SIGNING_KEY: "environment"
  }

  it.effect.each<readonly [keyof ClaudeConfig.ClaudeConfig, ClaudeConfig.Options, unknown]>([
    ["baseURL", { baseURL: "https://option.example" }, "https://option.example"],
    ["timeout", { timeout: "2 minutes" }, Duration.minutes(2)],
    ["logLevel", { logLevel: "off" }, "off"],
    ["webhookKey", { webhookKey: apiKey }, apiKey]
  ])(
    "overrides the variable of %s",
    ([name, options, expected]) =>
      Effect.map(
        ClaudeConfig.config(options).pipe(withKey(env)),
        (config) => assert.isTrue(Equal.equals(config[name], expected))
      )
  )

  it.effect.each<ClaudeConfig.Options>([
    { apiKey: Redacted.make("option") },
    { authToken: Redacted.make("option") },
    { profile: "option" },
    { credentials: provider },
    { workloadIdentity }
  ])(
    "that is a credential takes the place of every credential of the environment: %j",
    (options) =>
      Effect.gen(function*() {
        const { credential } = yield* ClaudeConfig.config(options).pipe(withEnv({
          ANTHROPIC_API_KEY: secret,
          ANTHROPIC_AUTH_TOKEN: secret,
          ANTHROPIC_PROFILE: "environment",
          ANTHROPIC_FEDERATION_RULE_ID: "fdrl_1",
          ANTHROPIC_ORGANIZATION_ID: "org"
        }))
        const expected = yield* ClaudeConfig.make(options)
        assert.isTrue(Equal.equals(credential, expected.credential))
      })
  )

  it.effect("that is a credential makes a blank key in the environment unimportant", () =>
    Effect.gen(function*() {
      const config = yield* ClaudeConfig.config({ apiKey }).pipe(withEnv({ ANTHROPIC_API_KEY: " " }))
      assert.strictEqual(tokenOf(config), secret)
    }))

  it.effect("that is undefined overrides nothing", () =>
    Effect.gen(function*() {
      const options = {
        apiKey: undefined,
        baseURL: undefined,
        timeout: undefined,
        logLevel: undefined,
        headers: undefined
      }
      const config = yield* ClaudeConfig.config(options).pipe(withKey(env))
      const expected = yield* ClaudeConfig.config().pipe(withKey(env))
      assert.isTrue(Equal.equals(config, expected))
    }))

  it.effect("makes a wrong variable unimportant", () =>
    Effect.gen(function*() {
      const wrong = { ANTHROPIC_TIMEOUT: "soon", ANTHROPIC_LOG: "loud", ANTHROPIC_BASE_URL: "nowhere" }
      const options = { timeout: "1 minute", logLevel: "off", baseURL: "https://option.example" } as const
      const config = yield* ClaudeConfig.config(options).pipe(withKey(wrong))
      assert.strictEqual(config.baseURL, "https://option.example")
    }))

  it.effect("adds headers to those of the environment", () =>
    Effect.gen(function*() {
      const config = yield* ClaudeConfig.config({ headers: { "x-app": "option" } }).pipe(withKey(env))
      assert.deepStrictEqual(plainHeaders(config), { "X-Team": "environment", "x-region": "eu", "x-app": "option" })
    }))

  it.effect("overrides a header of the environment however its name is written", () =>
    Effect.gen(function*() {
      const config = yield* ClaudeConfig.config({ headers: { "x-team": "option" } }).pipe(withKey(env))
      assert.deepStrictEqual(plainHeaders(config), { "x-region": "eu", "x-team": "option" })
    }))

  it.effect.each<readonly [string, string, ClaudeConfig.Options]>([
    ["baseURL", "ANTHROPIC_BASE_URL", { baseURL: "nowhere" }],
    ["timeout", "ANTHROPIC_TIMEOUT", { timeout: 0 }],
    ["apiKey", "ANTHROPIC_API_KEY", { apiKey: Redacted.make(" ") }],
    ["authToken", "ANTHROPIC_AUTH_TOKEN", { authToken: Redacted.make(" ") }],
    ["profile", "ANTHROPIC_PROFILE", { profile: "../work" }],
    ["headers", "ANTHROPIC_CUSTOM_HEADERS", { headers: { "x team": "search" } }]
  ])("that is wrong is named: %s, not %s", ([name, variable, options]) =>
    Effect.gen(function*() {
      const { message } = yield* ClaudeConfig.config(options).pipe(withKey(env), Effect.flip)
      assert.include(message, name)
      assert.notInclude(message, variable)
    }))
})
