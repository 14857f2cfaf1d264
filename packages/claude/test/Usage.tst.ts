import { Context, Effect, type Option, type Stream } from "effect"
import { describe, expect, test } from "tstyche"
import { Interceptor, Prices, Usage } from "../src/index.ts"

class Ledger
  extends Context.Service<Ledger, { readonly book: (usage: Usage.Usage) => Effect.Effect<void> }>()("Ledger")
{}

const book = (usage: Usage.Usage) => Effect.flatMap(Ledger, (ledger) => ledger.book(usage))

declare const effect: Effect.Effect<"value", "error", "service">
declare const stream: Stream.Stream<"item", "error", "service">

describe("Usage", () => {
  test("track keeps the value, the error and the requirements", () => {
    expect(effect.pipe(Usage.track)).type.toBe<
      Effect.Effect<{ readonly value: "value"; readonly usage: Usage.Usage }, "error", "service">
    >()
  })

  test("track takes no stream: onExit does", () => {
    expect(Usage.track).type.not.toBeCallableWith(stream)
  })

  test("onExit keeps the type and adds what its function needs", () => {
    expect(effect.pipe(Usage.onExit(book))).type.toBe<Effect.Effect<"value", "error", "service" | Ledger>>()
    expect(stream.pipe(Usage.onExit(book))).type.toBe<Stream.Stream<"item", "error", "service" | Ledger>>()
    expect(Usage.onExit(stream, () => Effect.void)).type.toBe<Stream.Stream<"item", "error", "service">>()
  })

  test("onExit takes no function that fails", () => {
    expect(Usage.onExit).type.not.toBeCallableWith(effect, () => Effect.fail("no"))
  })

  test("an interceptor hears of it typed", () => {
    Interceptor.make({
      ended: (_, { usage }) => {
        expect(usage).type.toBe<Usage.Usage>()
        return Effect.void
      }
    })
  })

  test("a cost is an Option of a number", () => {
    expect(Prices.cost(Usage.none)).type.toBe<Effect.Effect<Option.Option<number>>>()
  })
})
