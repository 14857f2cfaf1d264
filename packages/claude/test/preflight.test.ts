import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { preflight } from "../src/internal/road/preflight.ts"

const user = { role: "user", content: "Hello" }

const valid = { model: "claude-opus-5-5", max_tokens: 16, messages: [user] }

const limit = 32 * 1024 * 1024

const operations = ["messages.create", "messages.stream", "messages.countTokens"] as const

const withMessages = (...messages: ReadonlyArray<unknown>) => ({ ...valid, messages })

const withContent = (content: unknown) => withMessages({ role: "user", content })

describe("preflight", () => {
  it.effect.each<readonly [problem: string, param: string, params: Record<string, unknown>]>([
    ["no messages", "messages", withMessages()],
    ["an empty text", "messages.0.content", withContent("")],
    ["a blank text", "messages.0.content", withContent(" \n\t\u00a0")],
    ["no content", "messages.0.content", withContent([])],
    ["an empty block", "messages.0.content.0.text", withContent([{ type: "text", text: "" }])],
    [
      "a blank second block",
      "messages.0.content.1.text",
      withContent([
        { type: "image", source: {} },
        { type: "text", text: "  " }
      ])
    ],
    [
      "a blank text further down",
      "messages.2.content",
      withMessages(user, { role: "assistant", content: "Hi" }, {
        role: "user",
        content: " "
      })
    ],
    [
      "a blank answer in the middle",
      "messages.1.content",
      withMessages(user, { role: "assistant", content: "" }, user)
    ],
    [
      "a blank block of an answer in the middle",
      "messages.1.content.0.text",
      withMessages(
        user,
        { role: "assistant", content: [{ type: "text", text: "" }] },
        user
      )
    ],
    ["a blank system block", "system.0.text", { ...valid, system: [{ type: "text", text: " " }] }]
  ])("refuses %s, and names %s", ([, param, params]) =>
    Effect.sync(() => {
      for (const operation of operations) {
        const refusal = preflight(operation, [params])
        assert.strictEqual(refusal?.param, param, operation)
        assert.include(refusal?.message, param)
      }
    }))

  it.effect.each<readonly [name: string, params: Record<string, unknown>]>([
    ["a text", valid],
    ["blocks", withContent([{ type: "text", text: "x" }, { type: "tool_result", tool_use_id: "t", content: "" }])],
    ["an empty answer to begin with", withMessages(user, { role: "assistant", content: "" })],
    ["no blocks of an answer to begin with", withMessages(user, { role: "assistant", content: [] })],
    ["a system text", { ...valid, system: "" }],
    ["no system blocks", { ...valid, system: [] }],
    ["content of a kind that is not known here", withContent(5)],
    ["a message that is none", withMessages("Hello")],
    ["messages that are none", { ...valid, messages: "Hello" }]
  ])("lets %s pass", ([, params]) =>
    Effect.sync(() => {
      for (const operation of operations) assert.isUndefined(preflight(operation, [params]), operation)
    }))

  it.effect.each<readonly [value: unknown, shown: string]>([
    [undefined, "missing"],
    [null, "null"],
    [-1, "-1"],
    [1.5, "1.5"],
    [NaN, "NaN"],
    [Infinity, "Infinity"],
    ["16", "\"16\""],
    [16n, "16n"]
  ])("refuses max_tokens %o, and shows it as %s", ([value, shown]) =>
    Effect.sync(() => {
      for (const operation of ["messages.create", "messages.stream"]) {
        const refusal = preflight(operation, [{ ...valid, max_tokens: value }])
        assert.deepStrictEqual(refusal, {
          param: "max_tokens",
          message: `max_tokens: must be an integer of at least 0, not ${shown}`
        })
      }
    }))

  const nested = (levels: number): unknown => levels === 0 ? [] : [nested(levels - 1)]
  const itself: { readonly role: string; readonly content: Array<unknown> } = { role: "user", content: [] }
  itself.content.push({ type: "tool_result", tool_use_id: "toolu_1", content: [itself] })

  it.effect.each(operations)(
    "refuses for %s what contains itself, or is nested too deeply to be read",
    (operation) =>
      Effect.sync(() => {
        assert.strictEqual(preflight(operation, [withMessages(itself)])?.param, "messages.0.content.0.content.0")
        assert.match(preflight(operation, [{ ...valid, tools: nested(1100) }])?.message ?? "", /^tools(\.0)+: must not/)
        assert.isUndefined(preflight(operation, [{ ...valid, tools: nested(900) }]))
      })
  )

  it("wants no max_tokens for counting", () => {
    assert.isUndefined(preflight("messages.countTokens", [{ model: "claude-opus-5-5", messages: [user] }]))
  })

  const frame = JSON.stringify(withContent("")).length
  const fitting = withContent("a".repeat(limit - frame))
  const larger = withContent("a".repeat(limit - frame + 1))

  it.effect.each(operations)(
    "refuses a body of more than 32 MB for %s, and says how large it is",
    (operation) =>
      Effect.sync(() => {
        assert.deepStrictEqual(preflight(operation, [larger]), {
          param: "body",
          message: `body: ${limit + 1} bytes are more than the ${limit} that the endpoint takes`
        })
      })
  )

  it("lets a body of exactly 32 MB pass", () => {
    assert.isUndefined(preflight("messages.create", [fitting]))
  })

  it("counts a body in bytes, not in characters", () => {
    const euros = withContent("\u20ac".repeat(Math.ceil(limit / 3)))
    assert.strictEqual(preflight("messages.create", [euros])?.param, "body")
  })

  it.effect.each(
    [
      ["models.retrieve", ["claude-opus-5-5", undefined]],
      ["models.list", [null]],
      ["models.list", []],
      ["messages.create", []],
      ["messages.create", [undefined]]
    ] as const
  )(
    "has nothing to say of %s with %j",
    ([operation, args]) => Effect.sync(() => assert.isUndefined(preflight(operation, args)))
  )
})
