import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { DelayHistogram } from "../src/internal/DelayHistogram.ts"
import { EventQueue } from "../src/internal/EventQueue.ts"
import { Prng } from "../src/internal/Prng.ts"
import * as Text from "../src/internal/text.ts"

describe("EventQueue", () => {
  it.effect.prop(
    "hands out events in the order of their times",
    [Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 50 })))],
    ([times]) =>
      Effect.sync(() => {
        const queue = new EventQueue(times.length)
        times.forEach((time, client) => queue.push(time, client))
        const taken: Array<number> = []
        const clients = new Set<number>()
        while (!queue.isEmpty) {
          taken.push(queue.nextTime)
          clients.add(queue.pop())
        }
        assert.deepStrictEqual(taken, times.toSorted((a, b) => a - b))
        assert.strictEqual(clients.size, times.length)
      }),
    { arbitrary: { seed: 1 } }
  )
})

describe("Prng", () => {
  it("is uniform, normal where asked, and another under each seed and stream", () => {
    const prng = new Prng(1, 0)
    const n = 100_000
    const uniform = Array.from({ length: n }, () => prng.nextDoubleUnsafe())
    const normal = Array.from({ length: n }, () => prng.nextNormal())
    const mean = (numbers: ReadonlyArray<number>) => numbers.reduce((sum, x) => sum + x, 0) / n
    assert.isTrue(uniform.every((x) => x >= 0 && x < 1))
    assert.closeTo(mean(uniform), 0.5, 0.005)
    assert.closeTo(mean(uniform.map((x) => (x - 0.5) ** 2)), 1 / 12, 0.002)
    assert.closeTo(mean(normal), 0, 0.015)
    assert.closeTo(mean(normal.map((x) => x ** 2)), 1, 0.02)
    const firsts = [0, 1, 2, 3].flatMap((seed) => [0, 1, 2].map((stream) => new Prng(seed, stream).nextDoubleUnsafe()))
    assert.strictEqual(new Set(firsts).size, firsts.length)
  })
})

describe("DelayHistogram", () => {
  it("gives quantiles to within 2%", () => {
    const histogram = new DelayHistogram()
    for (let delay = 0; delay <= 10_000; delay++) histogram.add(delay)
    const { count, p5, p50, p95 } = histogram.summary()
    assert.strictEqual(count, 10_001)
    assert.approximately(p5, 500, 10)
    assert.approximately(p50, 5000, 100)
    assert.approximately(p95, 9500, 190)
  })
})

describe("text", () => {
  it("says numbers with three digits", () => {
    assert.deepStrictEqual([0, 9999, 12_345, 100_000, 1_200_000, 12_000_000].map(Text.short), [
      "0",
      "9999",
      "12.3k",
      "100k",
      "1.2M",
      "12M"
    ])
    assert.deepStrictEqual([0.4, 999, 1000, 64_000, Number.NaN].map(Text.time), [
      "0 ms",
      "999 ms",
      "1.00 s",
      "64.0 s",
      "-"
    ])
    assert.deepStrictEqual([1, 0.9999, 0.705, 0].map(Text.percent), ["100.0%", "99.99%", "70.5%", "0.0%"])
  })
})
