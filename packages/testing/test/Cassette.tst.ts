import type { Config, Effect, Layer, Scope } from "effect"
import type { Claude, ClaudeClient, ClaudeConfig } from "effect-claude"
import { describe, expect, test } from "tstyche"
import { Cassette } from "../src/index.ts"

describe("Cassette.layer", () => {
  test("needs nothing, and says how it can fail", () => {
    expect(Cassette.layer({ file: "it.json" })).type.toBe<
      Layer.Layer<Claude.Claude | ClaudeClient.ClaudeClient, Cassette.CassetteError | Config.ConfigError>
    >()
  })

  test("takes the settings of a client, and wants a file", () => {
    expect<Cassette.Options>().type.toBeAssignableTo<ClaudeConfig.Options>()
    expect(Cassette.layer).type.not.toBeCallableWith({ mode: "auto" })
    expect(Cassette.layer).type.not.toBeCallableWith({ file: "it.json", mode: "rewind" })
  })
})

describe("Cassette.fetch", () => {
  test("is a fetch for the settings of a client, in a scope", () => {
    expect(Cassette.fetch({ file: "it.json" })).type.toBe<
      Effect.Effect<typeof globalThis.fetch, Cassette.CassetteError | Config.ConfigError, Scope.Scope>
    >()
    expect<typeof globalThis.fetch>().type.toBeAssignableTo<ClaudeConfig.Options["fetch"]>()
  })
})
