/** Promise 5: a program may have several clients, each with an address and a key of its own. */
import Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Redacted } from "effect"
import { Claude, ClaudeClient, RetryPolicy } from "effect-claude"

class One extends Context.Service<One, Claude.Service>()("One") {}

class Other extends Context.Service<Other, Claude.Service>()("Other") {}

/** Answers every request with a model that is named after the address and the key that were used. */
const answering = (url: string | URL | Request, init?: RequestInit) => {
  const { host } = new URL(url instanceof Request ? url.url : url)
  const id = `${host} ${new Headers(init?.headers).get("authorization")}`
  return Promise.resolve(Response.json({ type: "model", id }))
}

const ask = ({ models }: Claude.Service) => Effect.map(models.retrieve("any"), ({ id }) => id)

const settingsOf = (name: string) => ({ baseURL: `http://${name}`, fetch: answering, retry: RetryPolicy.none })

const kinds: ReadonlyArray<{ readonly how: string; readonly make: (name: string) => Layer.Layer<Claude.Claude> }> = [
  {
    how: "Claude.layer",
    make: (name) => Layer.orDie(Claude.layer({ ...settingsOf(name), apiKey: Redacted.make(`key-of-${name}`) }))
  },
  {
    how: "Claude.layerConfig",
    make: (name) =>
      Claude.layerConfig(settingsOf(name)).pipe(
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ ANTHROPIC_API_KEY: `key-of-${name}` }))),
        Layer.orDie
      )
  },
  {
    how: "Claude.layerClient",
    make: (name) =>
      Claude.layerClient.pipe(
        Layer.provide(
          ClaudeClient.layerSdk(new Anthropic({ ...settingsOf(name), apiKey: null, authToken: `key-of-${name}` }))
        )
      )
  }
]

describe.each(kinds)("Promise 5: of two clients made by $how, each keeps its own address and key", ({ make }) => {
  const expected = ["one Bearer key-of-one", "other Bearer key-of-other"]

  it.effect("side by side", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual([yield* ask(yield* One), yield* ask(yield* Other)], expected)
    }).pipe(Effect.provide(Layer.mergeAll(
      Layer.effect(One, Claude.Claude).pipe(Layer.provide(make("one"))),
      Layer.effect(Other, Claude.Claude).pipe(Layer.provide(make("other")))
    ))))

  it.effect("one within the other", () =>
    Effect.gen(function*() {
      const other = yield* Effect.flatMap(Claude.Claude, ask).pipe(Effect.provide(make("other")))
      assert.deepStrictEqual([yield* ask(yield* Claude.Claude), other], expected)
    }).pipe(Effect.provide(make("one"))))
})
