/** The SDK client that settings make, used directly: its copies are as it is. */
import { Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Claude, ClaudeClient, type ClaudeConfig } from "effect-claude"
import process from "node:process"
import { inspect } from "node:util"
import { simulated } from "./support/simulated.ts"

const key = "sk-ant-right-0123456789"

const secret = "sk-ant-SECRET-f4b7c1d9e2a85630"

/** The client over the simulated API, which takes `key` only. */
const over = (options: ClaudeConfig.Options) => simulated(options, { apiKey: Redacted.make(key) })

const client = Effect.map(ClaudeClient.ClaudeClient, ({ client }) => client)

const entries = Effect.flatMap(Simulator.Simulator, ({ journal }) => journal)

const statuses = Effect.map(entries, (all) => all.map(({ status }) => status))

type Client = ClaudeClient.ClaudeClient["Service"]["client"]

const list = (client: Client) => Effect.exit(Effect.tryPromise(async () => client.get("/v1/models")))

const poisoned = <A, E, R>(self: Effect.Effect<A, E, R>) => {
  const poison = {
    ANTHROPIC_API_KEY: "poison",
    ANTHROPIC_AUTH_TOKEN: "poison",
    ANTHROPIC_CUSTOM_HEADERS: "x-poison: 1"
  }
  const names = Object.keys(poison)
  return Effect.acquireUseRelease(
    Effect.sync(() => {
      const before = names.map((name) => [name, process.env[name]] as const)
      Object.assign(process.env, poison)
      return before
    }),
    () => self,
    (before) =>
      Effect.sync(() => {
        for (const [name, value] of before) {
          if (value === undefined) delete process.env[name]
          else process.env[name] = value
        }
      })
  )
}

describe("a copy of the client", () => {
  const ways: ReadonlyArray<{ readonly name: string; readonly options: ClaudeConfig.Options }> = [
    { name: "a key", options: { apiKey: Redacted.make(key) } },
    { name: "a key from an effect", options: { apiKey: Effect.succeed(Redacted.make(key)) } },
    { name: "a provider", options: { credentials: () => Promise.resolve({ token: key, expiresAt: null }) } }
  ]

  it.effect.each(ways)("keeps $name", ({ options }) =>
    Effect.gen(function*() {
      yield* list((yield* client).withOptions({ timeout: 1000 }).withOptions({ maxRetries: 0 }))
      assert.deepStrictEqual(yield* statuses, [200])
    }).pipe(Effect.provide(over(options))))

  it.effect.each(ways)("may have a key of its own in place of $name", ({ options }) =>
    Effect.gen(function*() {
      yield* list((yield* client).withOptions({ apiKey: "sk-ant-wrong", maxRetries: 0 }))
      assert.deepStrictEqual(yield* statuses, [401])
    }).pipe(Effect.provide(over(options))))

  it.effect("keeps the headers, secret ones over another fetch too", () =>
    Effect.gen(function*() {
      let sent = new Headers()
      const copy = (yield* client).withOptions({
        fetch: (url, init) => {
          sent = new Headers(init?.headers)
          return fetch(url, init)
        }
      })
      yield* list(copy)
      assert.include(Object.fromEntries(sent), { "x-plain": "1", "x-secret": secret })
    }).pipe(Effect.provide(over({
      apiKey: Redacted.make(key),
      headers: { "x-plain": "1", "x-secret": Redacted.make(secret) }
    }))))

  it.effect("reads no environment", () =>
    poisoned(Effect.gen(function*() {
      const original = yield* client
      yield* list(original.withOptions({ timeout: 1000 }))
      yield* list(original.withOptions({ apiKey: null, authToken: null }))
      assert.deepStrictEqual(yield* statuses, [200])
      assert.notInclude(JSON.stringify((yield* entries)[0]?.headers), "poison")
      assert.notProperty((yield* entries)[0]?.headers, "x-poison")
    })).pipe(Effect.provide(over({ apiKey: Redacted.make(key) }))))

  it.effect("drops a token that was refused, over another fetch too", () => {
    const asked: Array<boolean> = []
    const credentials: NonNullable<ClaudeConfig.Options["credentials"]> = (options) => {
      asked.push(options?.forceRefresh === true)
      return Promise.resolve({ token: asked.length === 1 ? "stale-token" : key, expiresAt: null })
    }
    return Effect.gen(function*() {
      const copy = (yield* client).withOptions({ fetch: (url, init) => fetch(url, init) })
      yield* list(copy)
      yield* list(copy)
      assert.deepStrictEqual(yield* statuses, [401, 200])
      assert.deepStrictEqual(asked, [false, true])
    }).pipe(Effect.provide(over({ credentials })))
  })

  it.effect("shows no token when one looks at it", () =>
    Effect.gen(function*() {
      const original = yield* client
      yield* list(original)
      for (const one of [original, original.withOptions({ timeout: 1 })]) {
        const shown = inspect(one, { depth: Infinity, showHidden: true, getters: true })
        assert.notInclude(`${shown}${JSON.stringify(one)}${inspect({ ...one }, { depth: 9 })}`, secret)
      }
    }).pipe(
      Effect.provide(over({
        credentials: () => Promise.resolve({ token: secret, expiresAt: null }),
        headers: { "x-secret": Redacted.make(secret) }
      }))
    ))
})

describe("Claude.layerClient over the client of settings", () => {
  it.effect("takes it for a client that was brought", () =>
    Effect.gen(function*() {
      const brought = Layer.provide(Claude.layerClient, ClaudeClient.layerSdk(yield* client))
      yield* Effect.flatMap(Claude.Claude, ({ models }) => models.listPage()).pipe(Effect.provide(brought))
      assert.deepStrictEqual(yield* statuses, [200])
    }).pipe(Effect.provide(over({ apiKey: Redacted.make(key) }))))
})
