import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { requestBody } from "../src/internal/recordedBody.ts"
import { keyOf, nearestDifference } from "../src/internal/recordedRequest.ts"

const asking = (body: unknown, path = "/v1/messages", method = "POST") => ({
  method,
  path,
  headers: {},
  body: requestBody(Buffer.from(JSON.stringify(body))) ?? { text: "" }
})

/** The same value, the members of every object the other way round. */
const turned = (value: Schema.Json): Schema.Json => {
  if (Array.isArray(value)) return value.map(turned)
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).toReversed().map(([name, member]) => [name, turned(member)]))
    : value
}

describe("a request's key", () => {
  it.effect.prop(
    "does not depend on the order of members",
    [Schema.Json],
    ([body]) => Effect.sync(() => assert.strictEqual(keyOf(asking(turned(body))), keyOf(asking(body)))),
    { arbitrary: { seed: 1 } }
  )

  it.effect.prop(
    "tells bodies apart that say different things",
    [Schema.Json, Schema.Json],
    ([a, b]) =>
      Effect.sync(() => {
        const same = asserted(() =>
          assert.deepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)))
        )
        assert.strictEqual(keyOf(asking(a)) === keyOf(asking(b)), same)
      }),
    { arbitrary: { seed: 1 } }
  )

  it("does not depend on it in a file that was written by hand either", () => {
    const byHand = { ...asking({ a: 1, b: 2 }), body: { json: { b: 2, a: 1 } } }
    assert.strictEqual(keyOf(byHand), keyOf(asking({ a: 1, b: 2 })))
  })

  it("depends on the order of items", () => {
    assert.notStrictEqual(keyOf(asking([1, 2])), keyOf(asking([2, 1])))
  })

  it("depends on method and path", () => {
    const keys = [asking({}), asking({}, "/v1/messages?beta=true"), asking({}, "/v1/messages", "PUT")].map(keyOf)
    assert.strictEqual(new Set(keys).size, 3)
  })
})

const asserted = (check: () => void): boolean => {
  try {
    check()
    return true
  } catch {
    return false
  }
}

describe("the nearest recording", () => {
  const tape = [{ a: 1, b: { c: [1, 2] } }, { a: 2, b: { c: [1, 3] } }].map((body) => ({
    request: asking(body),
    response: null
  }))

  it("is the one with the fewest differences", () => {
    assert.strictEqual(nearestDifference(asking({ a: 2, b: { c: [1, 4] } }), tape), "b.c.1")
  })

  it("is none where nothing of the path is recorded", () => {
    assert.isUndefined(nearestDifference(asking({}, "/v1/models"), tape))
  })

  it("differs as a whole where one has no body", () => {
    const { body: _, ...bodiless } = asking({})
    assert.strictEqual(nearestDifference(bodiless, tape), "body")
  })
})
