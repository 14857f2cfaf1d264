/** Structured output over a real socket. */
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schedule, Schema, Stream } from "effect"
import { Claude, ClaudeError, Interceptor, StructuredOutput } from "effect-claude"
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

/** A simulated model that says these texts, one after the other. */
const saying = (...texts: ReadonlyArray<string>) => {
  let asked = 0
  return simulated({}, { reply: () => texts[asked++] ?? "nothing more to say" })
}

const tooOld = "{\"name\": \"Ada\", \"age\": 3.6}"

const bodies = Effect.gen(function*() {
  const journal = yield* (yield* Simulator.Simulator).journal
  return journal.map(({ body }) =>
    body as { readonly messages: ReadonlyArray<unknown>; readonly [field: string]: unknown }
  )
})

describe("messages.object with reask", () => {
  it.effect("asks again with the last answer and what is wrong with it", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const person = yield* claude.messages.object({ ...params, reask: { times: 2 } })
      assert.deepStrictEqual(person, { name: "Ada Lovelace", age: 36 })
      const [first, second, third, ...more] = yield* bodies
      assert.deepStrictEqual(more, [])
      const pair = (text: string, problem: string) => [
        { role: "assistant", content: text },
        { role: "user", content: problem }
      ]
      const fit =
        "Your answer does not fit the schema:\n- age: Expected an integer\nGive the whole answer again, corrected."
      assert.deepStrictEqual(second, { ...first, messages: [...hello.messages, ...pair(tooOld, fit)] })
      // The pair is another, not one more.
      assert.deepStrictEqual(third?.messages.length, 3)
      assert.deepInclude(third?.messages[1], { role: "assistant", content: "Ada." })
    }).pipe(Effect.provide(saying(tooOld, "Ada.", ada))))

  it.effect("stops after so many times, with what was tried and the tokens of all tries", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const error = yield* Effect.flip(claude.messages.object({ ...params, reask: { times: 1 } }))
      assert.instanceOf(error, StructuredOutput.StructuredOutputError)
      assert.strictEqual(error.reason._tag, "NotJson")
      assert.deepStrictEqual(error.tried.map(({ reason, text }) => [reason._tag, text]), [["Mismatch", tooOld]])
      const messages = [...error.tried, error].map(({ response }) => response)
      assert.lengthOf(messages, 2)
      assert.strictEqual(error.usage.inputTokens, messages.reduce((sum, { usage }) => sum + usage.input_tokens, 0))
      assert.isAbove(error.usage.inputTokens, error.response.usage.input_tokens)
      assert.lengthOf(yield* bodies, 2)
    }).pipe(Effect.provide(saying(tooOld, "Ada."))))

  it.effect("asks nothing again of an empty answer but the question", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* claude.messages.object({ ...params, reask: { times: 1, prompt: ({ reason }) => reason._tag } })
      const [, second] = yield* bodies
      assert.deepStrictEqual(second?.messages, [...hello.messages, { role: "user", content: "NotJson" }])
    }).pipe(Effect.provide(saying(" ", ada))))

  it.effect("does not ask again where the model refused", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const error = yield* Effect.flip(claude.messages.object({ ...params, reask: { times: 3 } }))
      assert.instanceOf(error, StructuredOutput.StructuredOutputError)
      assert.strictEqual(error.reason._tag, "Refused")
      assert.lengthOf(yield* bodies, 1)
    }).pipe(Effect.provide(simulated({}, { reply: { stop_reason: "refusal", content: [] } }))))

  it.effect("makes each try a call of its own to interceptors", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const ends: Array<string> = []
      const counting = Interceptor.make({
        ended: ({ operation }, { _tag }) => Effect.sync(() => ends.push(`${operation.name} ${_tag}`))
      })
      yield* claude.messages.object({ ...params, reask: { times: 1 } }).pipe(Claude.withInterceptor(counting))
      assert.deepStrictEqual(ends, ["messages.create Completed", "messages.create Completed"])
    }).pipe(Effect.provide(saying(tooOld, ada))))

  it.effect("fails with what a later try fails with", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* (yield* Simulator.Simulator).script([Fault.none, Fault.overloaded()])
      const error = yield* Effect.flip(claude.messages.object({ ...params, reask: { times: 1 } }))
      assert.strictEqual(error._tag, "OverloadedError")
    }).pipe(Effect.provide(saying(tooOld, ada))))

  it.effect.each([-1, 1.5, NaN])("refuses to ask again %s times", (times) =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const error = yield* Effect.flip(claude.messages.object({ ...params, reask: { times } }))
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.strictEqual(error.param, "reask.times")
      assert.deepStrictEqual(yield* bodies, [])
    }).pipe(Effect.provide(reply)))
})

describe("messages.objectWithMessage", () => {
  it.effect("gives the value, its message, and the tokens of all tries", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const answer = yield* claude.messages.objectWithMessage({ ...params, reask: { times: 1 } })
      assert.deepStrictEqual(answer.value, { name: "Ada Lovelace", age: 36 })
      assert.deepInclude(answer.message.content[0], { type: "text", text: ada })
      assert.strictEqual(answer.tries, 2)
      assert.isAbove(answer.usage.inputTokens, answer.message.usage.input_tokens)
    }).pipe(Effect.provide(saying(tooOld, ada))))
})

describe("beta.messages", () => {
  it.effect("answers with an object, and with a stream of one", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const person = yield* claude.beta.messages.object({
        ...params,
        betas: ["context-1m-2025-08-07"],
        reask: { times: 1 }
      })
      assert.deepStrictEqual(person, { name: "Ada Lovelace", age: 36 })
      const whole = yield* Stream.runLast(claude.beta.messages.objectStream(params))
      assert(Option.isSome(whole) && whole.value._tag === "Complete")
      assert.deepStrictEqual(whole.value.value, { name: "Ada Lovelace", age: 36 })
      const [first] = yield* (yield* Simulator.Simulator).journal
      assert.strictEqual(first?.headers["anthropic-beta"], "context-1m-2025-08-07")
    }).pipe(Effect.provide(saying("Ada.", ada, ada))))

  it.effect("names the method that the answer is for", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const error = yield* Effect.flip(claude.beta.messages.objectWithMessage(params))
      assert.strictEqual(error.operation, "beta.messages.objectWithMessage")
    }).pipe(Effect.provide(saying("Ada."))))
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

  it.effect("takes the scope that it is called in", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded(), Fault.overloaded(), Fault.none])
      const stream = yield* Effect.sync(() => claude.messages.objectStream(params)).pipe(
        Claude.withRetry(Schedule.recurs(2))
      )
      yield* Stream.runDrain(stream)
      assert.lengthOf(yield* sim.journal, 3)
    }).pipe(Effect.provide(reply)))

  it.effect("fails with what the stream fails with", () =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(({ response }) => response.end(start + open + say("{")))
      const error = yield* Effect.flip(Stream.runDrain(claude.messages.objectStream(params)))
      assert.instanceOf(error, ClaudeError.StreamInterruptedError)
    }))
})
