/** `Operation` says of each method what the SDK's sources say. */
import { repeatableWrites } from "@effect-claude/codegen/decisions"
import { arityOf } from "@effect-claude/codegen/emitMethods"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Claude, Operation } from "effect-claude"
import { at, calls, over } from "./support/every.ts"

describe("Operation", () => {
  it.effect("has a row for each method of the SDK that the service has", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const names = Operation.all.map(({ name }) => name)
      assert.strictEqual(new Set(names).size, names.length)
      assert.sameMembers(names, [...calls.map(({ path }) => path), "beta.webhooks.unwrap"])
      assert.deepStrictEqual(names.filter((name) => typeof at(claude, name) !== "function"), [])
    }).pipe(Effect.provide(over(() => assert.fail("a request was sent")))))

  it.effect.each(calls)("$path has the request, the shape and the documented codes", (call) =>
    Effect.sync(() => {
      const { form, path, sent: { request } } = call
      const operation = Operation.get(path)
      assert.deepInclude<object | undefined>(operation, {
        name: path,
        method: request?.verb,
        route: request?.route,
        shape: form,
        arity: arityOf(call)
      })
      assert.sameMembers([...operation?.reasons ?? []], [...call.errors])
    }))

  it("counts reads, token counts, message creation and what the API says so of as repeatable, and nothing else", () => {
    const others = Operation.all.filter(({ method, repeatable }) => repeatable && method !== "GET")
    assert.sameMembers(
      [...new Set(others.map(({ name }) => name.replace(/^beta\./, "")))],
      [...["create", "parse", "stream", "countTokens"].map((name) => `messages.${name}`), ...repeatableWrites]
    )
    assert.isTrue(Operation.all.every(({ method, repeatable }) => method !== "GET" || repeatable))
  })

  it("gives nothing for a name that no method has", () => {
    assert.isUndefined(Operation.get("messages"))
    assert.isUndefined(Operation.get("constructor"))
    assert.strictEqual(Operation.get("messages.create"), Operation.all.find(({ name }) => name === "messages.create"))
  })
})
