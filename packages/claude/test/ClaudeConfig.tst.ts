import { Config, type Effect, type Layer, type Redacted } from "effect"
import { Claude, ClaudeClient, type ClaudeConfig } from "effect-claude"
import { expect, test } from "tstyche"

declare const key: Redacted.Redacted

type Built = Layer.Layer<Claude.Claude | ClaudeClient.ClaudeClient, Config.ConfigError>

test("layerConfig takes values and Configs side by side", () => {
  const layer = Claude.layerConfig({
    apiKey: Config.Redacted("MY_KEY"),
    baseURL: Config.URL("MY_URL"),
    timeout: "90 seconds",
    idleTimeout: Config.Duration("MY_IDLE_TIMEOUT"),
    logLevel: Config.Literals(["info", "debug"], "MY_LOG"),
    headers: { "x-team": Config.String("TEAM"), "x-plain": "plain", "x-secret": key }
  })
  expect(layer).type.toBe<Built>()
  expect(ClaudeClient.layerConfig({ apiKey: Config.Redacted("MY_KEY") })).type.toBe<
    Layer.Layer<ClaudeClient.ClaudeClient, Config.ConfigError>
  >()
})

test("a Config of another type than the option's does not compile", () => {
  expect(Claude.layerConfig).type.not.toBeCallableWith({ apiKey: Config.String("MY_KEY") })
  expect(Claude.layerConfig).type.not.toBeCallableWith({ timeout: Config.Boolean("MY_TIMEOUT") })
  expect(Claude.layerConfig).type.not.toBeCallableWith({ headers: { "x-team": Config.Number("TEAM") } })
})

test("layer takes values only", () => {
  expect(Claude.layer({ apiKey: key, timeout: "90 seconds" })).type.toBe<Built>()
  expect(Claude.layer).type.not.toBeCallableWith({ apiKey: key, timeout: Config.Duration("MY_TIMEOUT") })
  expect(Claude.layer).type.not.toBeCallableWith({ apiKey: "sk-ant-in-the-clear" })
})

test("a key may be an Effect that fails with anything and needs nothing", () => {
  expect<Effect.Effect<Redacted.Redacted, Error>>().type.toBeAssignableTo<ClaudeConfig.Options["apiKey"]>()
  expect<Effect.Effect<Redacted.Redacted, never, Claude.Claude>>().type.not.toBeAssignableTo<
    ClaudeConfig.Options["apiKey"]
  >()
})
