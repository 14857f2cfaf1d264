/** The service has every method of the SDK, sends what its row says, and fails as the SDK documents. */
import Anthropic from "@anthropic-ai/sdk"
import { APIResource } from "@anthropic-ai/sdk/core/resource"
import { repeatableWrites } from "@effect-claude/codegen/decisions"
import { helperMethods } from "@effect-claude/codegen/helpers"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Tracer } from "effect"
import { Claude } from "effect-claude"
import { calls, model, over, run } from "./support/every.ts"

const never = () => new Promise<Response>(() => {})

/** Methods that the SDK does not have. */
const ours = ["messages", "beta.messages"].flatMap((path) =>
  ["object", "objectWithMessage", "objectStream"].map((name) => `${path}.${name}`)
)

/** Those of the SDK that the page `docs/sdk-helpers.md` lists. */
const helpers = Object.keys(helperMethods)

/** The methods that hang off the SDK's client at run time. */
const sdkMethods = (parent: object, prefix = ""): ReadonlyArray<string> => {
  const names = new Set<string>()
  for (let value = parent; value !== APIResource.prototype && value !== null; value = Object.getPrototypeOf(value)) {
    for (const name of Object.getOwnPropertyNames(value)) names.add(name)
  }
  return [...names].filter((name) => name !== "constructor" && !name.startsWith("_")).flatMap((name) => {
    const member: unknown = Reflect.get(parent, name)
    if (member instanceof APIResource) return sdkMethods(member, `${prefix}${name}.`)
    return typeof member === "function" && parent instanceof APIResource ? [prefix + name] : []
  })
}

const serviceMethods = (parent: object, prefix = ""): ReadonlyArray<string> =>
  Object.entries(parent).flatMap(([name, member]) =>
    typeof member === "function" ? [prefix + name] : serviceMethods(member, `${prefix}${name}.`)
  )

describe("the service", () => {
  it.effect("has every method of the SDK's client, but for the helpers that are listed", () =>
    Effect.gen(function*() {
      const sdk = sdkMethods(new Anthropic({ apiKey: "sk-test" }))
      assert.sameMembers([...sdk], model.methods.map(({ path }) => path))
      const own = serviceMethods(yield* Claude.Claude)
      const pages = model.methods.filter(({ shape }) => shape === "page").map(({ path }) => `${path}Page`)
      assert.deepStrictEqual([...own, ...helpers].toSorted(), [...sdk, ...pages, ...ours].toSorted())
    }).pipe(Effect.provide(over(never))))

  it.effect("makes a resource when it is first asked for, and once", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const isMade = (resource: object, name: string) =>
        Object.getOwnPropertyDescriptor(resource, name)?.get === undefined
      assert.isFalse(isMade(claude, "beta"))
      const { beta } = claude
      assert.isTrue(isMade(claude, "beta"))
      assert.isFalse(isMade(beta, "organization"))
      assert.strictEqual(claude.beta, beta)
      assert.isFalse(isMade(claude, "messages"))
    }).pipe(Effect.provide(over(never))))

  it.effect("is an object like any other: a method can be replaced, the rest stays", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const count = { ...claude.messages, countTokens: () => Effect.succeed({ input_tokens: 7 }) }
      const replaced: Claude.Methods = { ...claude, messages: count }
      assert.deepStrictEqual(Object.keys(replaced), Object.keys(claude))
      assert.strictEqual(replaced.messages.batches, claude.messages.batches)
      const { input_tokens } = yield* replaced.messages.countTokens({ model: "claude-opus-5-5", messages: [] })
      assert.strictEqual(input_tokens, 7)
    }).pipe(Effect.provide(over(never))))
})

describe("a helper of the SDK that is no method", () => {
  it.each(helpers)("%s is one of the SDK", (path) => {
    assert.include(sdkMethods(new Anthropic({ apiKey: "sk-test" })), path)
  })
})

const conflict = () =>
  Response.json({ type: "error", error: { type: "conflict_error", message: "no" } }, { status: 409 })

describe("the row of a method says what it sends", () => {
  it.effect.each(calls)("$path", (call) =>
    Effect.gen(function*() {
      const sent: Array<{ readonly method: string | undefined; readonly path: string }> = []
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const layer = over((url, { method }) => {
        sent.push({ method: method?.toUpperCase(), path: new URL(url).pathname })
        return conflict()
      })
      const error = yield* Effect.flip(run(call)).pipe(
        Effect.provide(layer),
        Effect.provideService(Tracer.Tracer, tracer)
      )
      const [request] = sent
      const attributes = spans[0]?.attributes
      assert.strictEqual(sent.length, 1)
      assert.strictEqual(error._tag, "ConflictError")
      // Where the results of a batch are, the batch itself tells.
      assert.strictEqual(error.operation, call.form === "rows" ? call.path.replace(/results$/, "retrieve") : call.path)
      assert.strictEqual(attributes?.get("http.request.method"), request?.method)
      const template = String(attributes?.get("url.template"))
      assert.match(request?.path ?? "", new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[\\w-]+")}$`))
      const { path } = call
      const isHarmless = /^(beta\.)?messages\.\w+$/.test(path) || repeatableWrites.has(path.replace(/^beta\./, ""))
      assert.strictEqual(error.repeatable, request?.method === "GET" || isHarmless)
    }))
})
