import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Batches from "../src/internal/batches.ts"

const day = 24 * 60 * 60 * 1000

const time = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

const Life = Schema.Struct({
  createdAt: time(day),
  duration: time(3 * day),
  size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 })),
  /** How long after its creation. */
  cancelled: Schema.UndefinedOr(time(2 * day))
})

/** A batch as it is when it was cancelled, if it could be. */
const batchOf = ({ cancelled, ...life }: typeof Life.Type): Batches.Batch => {
  const batch = {
    ...life,
    id: "msgbatch_1",
    cancelledAt: undefined,
    userProfileId: undefined,
    asked: { beta: false, betas: [] },
    requests: [],
    errored: undefined
  }
  const cancelledAt = cancelled === undefined ? undefined : life.createdAt + cancelled
  return cancelledAt === undefined || Batches.hasEnded(batch, cancelledAt) ? batch : { ...batch, cancelledAt }
}

const at = (batch: Batches.Batch, elapsed: number) =>
  Batches.describe(batch, batch.createdAt + elapsed, { errored: 0, url: "there" })

const often = { arbitrary: { runs: 2000, seed: 1 } }

describe("a batch, whatever its times,", () => {
  it.prop("accounts for each of its requests at all times", [Life, time(3 * day)], ([life, elapsed]) => {
    const batch = batchOf(life)
    const { processing_status, request_counts } = at(batch, elapsed)
    const counts = Object.values(request_counts)
    assert.strictEqual(counts.reduce((sum, count) => sum + count, 0), batch.size)
    assert.isTrue(counts.every((count) => count >= 0))
    assert.strictEqual(request_counts.processing > 0, processing_status !== "ended")
  }, often)

  it.prop("has ended by the time it expires, and stays as it ended", [Life, time(3 * day)], ([life, later]) => {
    const batch = batchOf(life)
    const ended = at(batch, day)
    assert.strictEqual(ended.processing_status, "ended")
    assert.isNotNull(ended.results_url)
    assert.isAtMost(Date.parse(ended.ended_at ?? ""), batch.createdAt + day)
    assert.deepStrictEqual(at(batch, day + later), ended)
  }, often)

  it.prop("does each request in its turn, at the end of an even step", [Life, time(day)], ([life, elapsed]) => {
    const batch = batchOf({ ...life, cancelled: undefined })
    const cancelledAt = batch.createdAt + elapsed
    const done = Batches.done({ ...batch, cancelledAt })
    const doneAt = (index: number) => batch.duration * (index + 1)
    if (done > 0) assert.isAtMost(doneAt(done - 1), elapsed * batch.size)
    if (done < batch.size) assert.isAbove(doneAt(done), elapsed * batch.size)
  }, often)
})

describe("the store of batches", () => {
  it("does not bring back what was deleted in the meantime", () => {
    const store = Batches.make(0)
    const batch = batchOf({ createdAt: 0, duration: 0, size: 1, cancelled: undefined })
    store.add(batch)
    store.remove(batch.id)
    store.replace(batch, { ...batch, errored: 0 })
    assert.deepStrictEqual(store.list(), [])
  })
})
