/** Uploads that have to be read: whole or refused, never a part, never somebody else's. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { Claude } from "effect-claude"
import { Readable } from "node:stream"
import { over } from "./support/every.ts"
import { signal } from "./support/wire.ts"

const file = () => Response.json({ id: "file_1", type: "file" })

/** A service that keeps the sizes of the files it gets. */
const keeping = () => {
  const sizes: Array<number> = []
  const layer = over((_, { body }) => {
    const sent = body instanceof FormData ? body.get("file") : undefined
    sizes.push(sent instanceof Blob ? sent.size : -1)
    return file()
  })
  return { layer, sizes }
}

const upload = (source: object) =>
  Effect.flatMap(
    Claude.Claude,
    (claude) => claude.files.upload({ file: Object.assign(source, { path: "a.txt" }) as never })
  )

/** Pieces of five bytes, the last of which waits to be let go. */
const held = () => {
  const begun = signal()
  const gate = Promise.withResolvers<void>()
  const source = (async function*() {
    yield new Uint8Array(5)
    begun.tell()
    await gate.promise
    yield new Uint8Array(5)
  })()
  return { source, begun: begun.told, letGo: Effect.sync(() => gate.resolve()) }
}

describe("a source that can be read once", () => {
  it.effect("and failed is refused the next time, too: nothing is sent", () => {
    const { layer, sizes } = keeping()
    const source = (async function*() {
      yield new Uint8Array(5)
      throw new Error("disk")
    })()
    return Effect.gen(function*() {
      yield* Effect.exit(upload(source))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(upload(source))))
      assert.deepStrictEqual(sizes, [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("and was given up half-way is whole or refused the next time, never a part", () => {
    const { layer, sizes } = keeping()
    const { begun, letGo, source } = held()
    return Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(upload(source))
      yield* begun
      yield* Fiber.interrupt(fiber)
      yield* letGo
      const exit = yield* Effect.exit(upload(source))
      assert.deepStrictEqual(sizes, Exit.isSuccess(exit) ? [10] : [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("is whole for one caller where another gives up", () => {
    const { layer, sizes } = keeping()
    const { begun, letGo, source } = held()
    return Effect.gen(function*() {
      const first = yield* Effect.forkChild(upload(source))
      const second = yield* Effect.forkChild(upload(source))
      yield* begun
      yield* Fiber.interrupt(first)
      yield* letGo
      yield* Fiber.join(second)
      assert.deepStrictEqual(sizes, [10])
    }).pipe(Effect.provide(layer))
  })
})

describe("a source that can be read again", () => {
  it.effect("is read again", () => {
    const { layer, sizes } = keeping()
    let size = 1
    const source = {
      async *[Symbol.asyncIterator]() {
        yield new Uint8Array(size)
      }
    }
    return Effect.gen(function*() {
      yield* upload(source)
      size = 7
      yield* upload(source)
      assert.deepStrictEqual(sizes, [1, 7])
    }).pipe(Effect.provide(layer))
  })
})

describe("a silent source is left with its call", () => {
  it.effect("a Node stream", () => {
    const asked = signal()
    const source = new Readable({ read: () => asked.tell() })
    return Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(upload(source))
      yield* asked.told
      yield* Fiber.interrupt(fiber)
      yield* Effect.callback<void>((resume) => {
        if (source.closed) resume(Effect.void)
        else source.on("close", () => resume(Effect.void))
      })
      assert.isTrue(source.destroyed)
    }).pipe(Effect.provide(over(file)))
  })

  it.effect("a Response", () => {
    const asked = signal()
    const cancelled = signal()
    const source = new Response(
      new ReadableStream({ pull: () => void asked.tell(), cancel: () => void cancelled.tell() }, { highWaterMark: 0 })
    )
    return Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const fiber = yield* Effect.forkChild(claude.files.upload({ file: source }))
      yield* asked.told
      yield* Fiber.interrupt(fiber)
      yield* cancelled.told
    }).pipe(Effect.provide(over(file)))
  })
})
