/** One table says what a status is: the SDK, the decoder, the simulator and test errors agree with it. */
import { Fault, Simulator, TestClaude } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Claude, ClaudeError } from "effect-claude"
import { model, over } from "./support/every.ts"
import { hello, simulated } from "./support/simulated.ts"

describe("the status table", () => {
  it("has the statuses and the classes of the SDK", () => {
    const own = ClaudeError.statuses.filter(({ covers }) => covers === undefined)
    const classes = model.errorClasses.filter(({ status }) => status !== null)
    assert.sameDeepMembers(
      own.map(({ status, tag }) => ({ status, name: tag })),
      classes.map(({ name, status }) => ({ status, name }))
    )
  })

  it("has every error type of the SDK", () => {
    const types = ClaudeError.statuses.flatMap(({ types }) => types)
    assert.includeMembers<string>(types, model.errorTypes.map(({ type }) => type))
  })

  it("is in the order of the statuses", () => {
    const statuses = ClaudeError.statuses.slice(0, -1).map(({ status }) => status)
    assert.deepStrictEqual(statuses, statuses.toSorted((a, b) => a - b))
  })
})

const drain = Effect.flatMap(Claude.Claude, ({ messages }) => Stream.runDrain(messages.stream(hello)))

const typeOf = (status: number) => ClaudeError.statusInfo(status).types[0]

/** Types that the API has under several statuses. */
const isGeneral = (type: string) => type === typeOf(400) || type === typeOf(500)

describe("an error type in a stream makes the class whose test error has it", () => {
  const tags = ClaudeError.statuses.map(({ tag }) => tag)

  it.effect.each(tags)("%s", (tag) =>
    Effect.gen(function*() {
      const { type = "" } = TestClaude.error(tag)
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamError({ afterEvents: 0, type })])
      const error = yield* Effect.flip(drain)
      const expected = isGeneral(type) ? [ClaudeError.statusInfo(400).tag, ClaudeError.statusInfo(500).tag] : [tag]
      assert.include<string>(expected, error._tag)
    }).pipe(Effect.provide(simulated())))

  it.effect("the precondition of a memory is a conflict, as the SDK documents it", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamError({ afterEvents: 0, type: "memory_precondition_failed_error" })])
      const error = yield* Effect.flip(drain)
      assert.deepInclude(error, { _tag: "ConflictError", status: 409 })
    }).pipe(Effect.provide(simulated())))
})

describe("the simulator and test errors say the same of a status", () => {
  it.effect.each(ClaudeError.statuses)("$status", ({ status, tag }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.error({ status })])
      const { models } = yield* Claude.Claude
      const error = yield* Effect.flip(models.listPage())
      const canned = TestClaude.error(tag)
      assert.deepInclude(error, { _tag: tag, message: canned.message, type: canned.type })
    }).pipe(Effect.provide(simulated())))
})

describe("a test error of a refusal", () => {
  it.effect("is one that the library refuses with: its parameter, with the value that it names", () =>
    Effect.gen(function*() {
      const { message, param = "" } = TestClaude.error("RequestRejectedError")
      const value = Number(/not (-?\d+)$/.exec(message)?.[1])
      const { messages } = yield* Claude.Claude
      const error = yield* Effect.flip(messages.create({ ...hello, [param]: value }))
      assert.deepInclude(error, { _tag: "RequestRejectedError", message, param })
    }).pipe(Effect.provide(over(() => assert.fail("a request was sent")))))
})
