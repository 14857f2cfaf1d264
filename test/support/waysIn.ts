/** The ways by which secrets get into a client. */
import { Anthropic } from "@anthropic-ai/sdk"
import { NodeFileSystem } from "@effect/platform-node"
import { ConfigProvider, Effect, FileSystem, Layer, Redacted, Schedule, type Scope } from "effect"
import { Claude, ClaudeClient, type ClaudeConfig, RetryPolicy } from "effect-claude"
import { join } from "node:path"
import type { Host } from "./hosts.ts"
import { cookieSecret, secret } from "./leaks.ts"
import { hello } from "./simulated.ts"

type Services = Claude.Claude | ClaudeClient.ClaudeClient

/** How secrets get in: which, and what is built with them. */
export interface Way {
  readonly name: string
  /** The names of the secrets. */
  readonly secrets: ReadonlyArray<string>
  readonly layer: (home: Host) => Layer.Layer<Services, unknown, Scope.Scope>
  /** Options of every call. */
  readonly options?: Claude.CallOptions
  readonly params?: Claude.MessageCreateParams
  /** What the token endpoint gives. Without it, it echoes. */
  readonly grant?: object
  /** Its secrets go the same way as those of another, so that a few answers are enough. */
  readonly isVariant?: boolean
}

export const redacted = (name: string) => Redacted.make(secret(name))

export const plain: ClaudeConfig.Options = {
  logLevel: "debug",
  retry: RetryPolicy.exponential({ base: 0 }).pipe(RetryPolicy.whileRetryable, Schedule.upTo({ times: 1 }))
}

export const managed = (options: ClaudeConfig.Options) => (home: Host) =>
  Claude.layer({ ...plain, baseURL: home.url, ...options })

const fromEnvironment = (variables: Record<string, string>) => (home: Host) =>
  Layer.provide(
    Claude.layerConfig({ ...plain, baseURL: home.url }),
    ConfigProvider.layer(ConfigProvider.fromEnvRecord(variables))
  )

const brought = (options: (home: Host) => ConstructorParameters<typeof Anthropic>[0]) => (home: Host) =>
  Layer.provideMerge(
    Claude.layerClient,
    ClaudeClient.layerSdk(new Anthropic({ baseURL: home.url, logLevel: "debug", ...options(home) }), {
      retry: plain.retry
    })
  )

/** A file that goes with the scope. */
export const file = Effect.fnUntraced(
  function*(content: string) {
    const fs = yield* FileSystem.FileSystem
    const path = join(yield* fs.makeTempDirectoryScoped(), "it")
    yield* fs.writeFileString(path, content, { mode: 0o600 })
    return path
  },
  Effect.provide(NodeFileSystem.layer),
  Effect.orDie
)

const identity = (name: string) => (home: Host) =>
  Layer.unwrap(Effect.map(file(secret(name)), (path) =>
    managed({
      workloadIdentity: {
        organization_id: "org",
        authentication: {
          type: "oidc_federation",
          federation_rule_id: "rule",
          identity_token: { source: "file", path }
        }
      }
    })(home)))

const user = (home: Host) =>
  Layer.unwrap(
    Effect.map(
      file(JSON.stringify({
        type: "oauth_token",
        access_token: secret("the access token of a file"),
        refresh_token: secret("the refresh token of a file"),
        expires_at: 1
      })),
      (credentials_path) =>
        managed({
          workloadIdentity: {
            base_url: home.url,
            authentication: { type: "user_oauth", client_id: "client", credentials_path }
          }
        })(home)
    )
  )

const granted = (name: string) => ({
  access_token: secret(name),
  refresh_token: secret(`${name}, refreshed`),
  expires_in: 3600
})

/** A prompt that holds a secret, which no server would get otherwise. */
export const saying = (name: string) => ({ ...hello, messages: [{ role: "user" as const, content: secret(name) }] })

const withKey = managed({ apiKey: Redacted.make("sk-ant-of-nobody") })

/** A field that the SDK's types name as secret. */
export const withTool = {
  mcp_servers: [{ type: "url", name: "one", url: "https://tools.example", authorization_token: secret("of a tool") }]
}

export const ways: ReadonlyArray<Way> = [
  { name: "an API key", secrets: ["key"], layer: managed({ apiKey: redacted("key") }) },
  { isVariant: true, name: "an auth token", secrets: ["token"], layer: managed({ authToken: redacted("token") }) },
  {
    isVariant: true,
    name: "a key from an effect",
    secrets: ["key"],
    layer: managed({ apiKey: Effect.succeed(redacted("key")) })
  },
  {
    isVariant: true,
    name: "a provider",
    secrets: ["provided"],
    layer: managed({ credentials: () => Promise.resolve({ token: secret("provided"), expiresAt: null }) })
  },
  {
    name: "headers of the settings",
    secrets: ["gateway", "basic", "cookie"],
    layer: managed({
      apiKey: Redacted.make("sk-ant-of-nobody"),
      headers: {
        "x-team": redacted("gateway"),
        "proxy-authorization": `Basic ${btoa(`me:${secret("basic")}`)}`,
        cookie: `a=b; session=${cookieSecret("cookie")}`
      }
    })
  },
  {
    isVariant: true,
    name: "a webhook key",
    secrets: ["webhook"],
    layer: managed({ apiKey: Redacted.make("sk-ant-of-nobody"), webhookKey: redacted("webhook") }),
    params: saying("webhook")
  },
  {
    isVariant: true,
    name: "ANTHROPIC_API_KEY",
    secrets: ["key"],
    layer: fromEnvironment({ ANTHROPIC_API_KEY: secret("key") })
  },
  {
    isVariant: true,
    name: "ANTHROPIC_AUTH_TOKEN",
    secrets: ["key"],
    layer: fromEnvironment({ ANTHROPIC_AUTH_TOKEN: secret("key") })
  },
  {
    isVariant: true,
    name: "ANTHROPIC_CUSTOM_HEADERS",
    secrets: ["custom"],
    layer: fromEnvironment({
      ANTHROPIC_API_KEY: "sk-ant-fine",
      ANTHROPIC_CUSTOM_HEADERS: `x-team: ${secret("custom")}`
    })
  },
  {
    name: "ANTHROPIC_IDENTITY_TOKEN, at an endpoint that echoes",
    secrets: ["assertion"],
    layer: fromEnvironment({
      ANTHROPIC_FEDERATION_RULE_ID: "rule",
      ANTHROPIC_ORGANIZATION_ID: "org",
      ANTHROPIC_IDENTITY_TOKEN: secret("assertion")
    })
  },
  { name: "an identity token, at an endpoint that echoes", secrets: ["assertion"], layer: identity("assertion") },
  {
    name: "an identity token and the access token for it",
    secrets: ["assertion", "access", "access, refreshed"],
    layer: identity("assertion"),
    grant: granted("access")
  },
  {
    isVariant: true,
    name: "a refresh token, at an endpoint that echoes",
    secrets: ["the access token of a file", "the refresh token of a file"],
    layer: user
  },
  {
    name: "a refresh token and what it is exchanged for",
    secrets: ["the access token of a file", "the refresh token of a file", "new", "new, refreshed"],
    layer: user,
    grant: granted("new")
  },
  {
    name: "headers of a call",
    secrets: ["bearer", "of a call", "api key", "cookie", "gateway"],
    layer: withKey,
    options: {
      headers: {
        authorization: `Bearer ${secret("bearer")}`,
        "x-api-key": secret("api key"),
        "x-colour": redacted("of a call"),
        "x-gateway-token": secret("gateway"),
        cookie: `session=${cookieSecret("cookie")}`
      }
    }
  },
  {
    name: "keys in a query",
    secrets: ["query", "signature"],
    layer: withKey,
    options: { query: { api_key: secret("query"), sig: secret("signature"), limit: "1" } }
  },
  {
    name: "a secret field of a body",
    secrets: ["of a tool"],
    layer: withKey,
    params: { ...hello, ...withTool }
  },
  { name: "a brought client's key", secrets: ["key"], layer: brought(() => ({ apiKey: secret("key") })) },
  {
    isVariant: true,
    name: "a brought client's key that is a function",
    secrets: ["key"],
    layer: brought(() => ({ apiKey: () => Promise.resolve(secret("key")) }))
  },
  {
    name: "a brought client's token",
    secrets: ["token"],
    layer: brought(() => ({ authToken: secret("token"), apiKey: null }))
  },
  {
    isVariant: true,
    name: "a brought client's provider",
    secrets: ["provided"],
    layer: brought(() => ({ credentials: () => Promise.resolve({ token: secret("provided"), expiresAt: null }) }))
  },
  {
    name: "a brought client's default headers",
    secrets: ["gateway", "cookie"],
    layer: brought(() => ({
      apiKey: "sk-ant-of-nobody",
      defaultHeaders: { "x-gateway-key": secret("gateway"), cookie: `session=${cookieSecret("cookie")}` }
    }))
  },
  {
    name: "a brought client's default query",
    secrets: ["query"],
    layer: brought(() => ({ apiKey: "sk-ant-of-nobody", defaultQuery: { api_key: secret("query") } }))
  },
  {
    isVariant: true,
    name: "headers of an interceptor",
    secrets: ["of an attempt", "of a hook"],
    layer: managed({
      apiKey: Redacted.make("sk-ant-of-nobody"),
      interceptors: [{
        call: (call, next) =>
          next(call.with({ options: { ...call.options, headers: { "x-colour": redacted("of a hook") } } })),
        attempt: (attempt, next) => next(attempt.with({ headers: { "x-session-token": secret("of an attempt") } }))
      }]
    })
  },
  {
    name: "a brought client's default header of no telling name",
    secrets: ["blue"],
    layer: brought(() => ({ apiKey: "sk-ant-of-nobody", defaultHeaders: { "x-colour": cookieSecret("blue") } }))
  }
]
