/** Structured output over a real socket. */
import { Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { Claude, ClaudeError, StructuredOutput } from "effect-claude"
import { hello, simulated } from "./support/simulated.ts"
import { claudeServedBy, ended, open, say, start } from "./support/wire.ts"

const Person = Schema.Struct({ name: Schema.String, age: Schema.Int })

const params = { ...hello, schema: Person }

const ada = "{\"name\": \"Ada Lovelace\", \"age\": 36}"

const reply = simulated({}, { reply: ada })

describe("messages.object", () => {
  it.effect("sends the schema as the output format and gives the value", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const sim = yield* Simulator.Simulator
      const person = yield* claude.messages.object({ ...params, output_config: { effort: "low" } })
      assert.deepStrictEqual(person, { name: "Ada Lovelace", age: 36 })
      const [call] = yield* sim.journal
      const { schema: _, ...sent } = params
      assert.deepStrictEqual(call?.body, {
        ...sent,
        output_config: {
          effort: "low",
          format: {
            type: "json_schema",
            schema: {
              type: "object",
              properties: { name: { type: "string" }, age: { type: "integer" } },
              required: ["name", "age"],
              additionalProperties: false
            }
          }
        }
      })
    }).pipe(Effect.provide(reply)))

  it.effect("refuses a schema that cannot be said before anything is sent", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const sim = yield* Simulator.Simulator
      const error = yield* Effect.flip(
        claude.messages.object({ ...params, schema: Schema.Struct({ a: Schema.Unknown }) })
      )
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.deepStrictEqual(yield* sim.journal, [])
    }).pipe(Effect.provide(reply)))
})

describe("messages.objectStream", () => {
  it.effect("gives the value as it grows, and the whole at the end", () =>
    Effect.gen(function*() {
      const pieces = ["{\"name\": \"Ada", " Lovelace\", \"age\": 3", "6}"]
      const { claude } = yield* claudeServedBy(({ response }) =>
        response.end(start + open + pieces.map(say).join("") + ended("end_turn"))
      )
      const values = yield* claude.messages.objectStream(params).pipe(
        Stream.map(({ _tag, value }) => [_tag, value]),
        Stream.runCollect
      )
      assert.deepStrictEqual(values, [
        ["Partial", { name: "Ada" }],
        ["Partial", { name: "Ada Lovelace" }],
        ["Partial", { name: "Ada Lovelace", age: 36 }],
        ["Complete", { name: "Ada Lovelace", age: 36 }]
      ])
    }))

  it.effect("fails with Refused where a classifier stops the answer, after what had arrived", () =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(({ response }) =>
        response.end(
          start + open + say("{\"na") + ended("refusal", { type: "refusal", category: "cyber", explanation: null })
        )
      )
      const tags: Array<string> = []
      const error = yield* claude.messages.objectStream(params).pipe(
        Stream.runForEach(({ _tag }) => Effect.sync(() => tags.push(_tag))),
        Effect.flip
      )
      assert.instanceOf(error, StructuredOutput.StructuredOutputError)
      assert.deepInclude(error.reason, { _tag: "Refused", category: "cyber" })
      assert.deepStrictEqual(tags, ["Partial"])
    }))

  it.effect("fails with CutShort where max_tokens ends the answer", () =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(({ response }) =>
        response.end(start + open + say("{\"name\": \"Ada") + ended("max_tokens"))
      )
      const text = yield* Stream.runDrain(claude.messages.objectStream(params)).pipe(
        Effect.as("read"),
        Effect.catchReason("StructuredOutputError", "CutShort", (reason, { text }) =>
          Effect.succeed([reason.stopReason, text]))
      )
      assert.deepStrictEqual(text, ["max_tokens", "{\"name\": \"Ada"])
    }))

  it.effect("fails with what the stream fails with", () =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(({ response }) => response.end(start + open + say("{")))
      const error = yield* Effect.flip(Stream.runDrain(claude.messages.objectStream(params)))
      assert.instanceOf(error, ClaudeError.StreamInterruptedError)
    }))
})
