import type { RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages/messages"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Queue, Result, Schedule, Stream } from "effect"
import { ClaudeError, MessageStream } from "effect-claude"
import { TestClock } from "effect/testing"

const usage = (counts: object) => ({ input_tokens: 5, output_tokens: 1, ...counts })

const start = { type: "message_start", message: { id: "msg_1", content: [], usage: usage({}) } }

const open = (index: number, content_block: object) => ({ type: "content_block_start", index, content_block })

const delta = (index: number, delta: object) => ({ type: "content_block_delta", index, delta })

const close = (index: number) => ({ type: "content_block_stop", index })

const say = (text: string) => delta(0, { type: "text_delta", text })

const end = [
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9, input_tokens: null } },
  { type: "message_stop" }
]

const textBlock = { type: "text", text: "", citations: null }

const toolBlock = { type: "tool_use", id: "toolu_1", name: "look", input: {} }

/** Parts of events: as much of them as the operators look at. */
const events = (...list: ReadonlyArray<object>) => Stream.fromIterable(list as ReadonlyArray<RawMessageStreamEvent>)

const saying = (...texts: ReadonlyArray<string>) =>
  events(start, open(0, textBlock), ...texts.map(say), close(0), ...end)

const cutOff = (...texts: ReadonlyArray<string>) =>
  Stream.concat(events(start, open(0, textBlock), ...texts.map(say)), Stream.fail(interrupted))

const interrupted = new ClaudeError.StreamInterruptedError({ message: "cut", events: 3 })

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) => Stream.runCollect(stream)

describe("text", () => {
  it.effect("gives the pieces of text and nothing else", () =>
    Effect.gen(function*() {
      const pieces = yield* collect(MessageStream.text(events(
        start,
        open(0, { type: "thinking", thinking: "", signature: "" }),
        delta(0, { type: "thinking_delta", thinking: "hm" }),
        say("a"),
        delta(1, { type: "input_json_delta", partial_json: "{" }),
        say("b"),
        ...end
      )))
      assert.deepStrictEqual(pieces, ["a", "b"])
    }))
})

describe("a piece in the start of its block", () => {
  it.effect("is one like any other", () =>
    Effect.gen(function*() {
      const events = Stream.make(
        { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "H", signature: "" } },
        { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "m" } },
        { type: "content_block_start", index: 1, content_block: { type: "text", text: "Hel", citations: null } },
        { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "lo" } }
      ) as Stream.Stream<MessageStream.Event>
      assert.deepStrictEqual(yield* Stream.runCollect(MessageStream.text(events)), ["Hel", "lo"])
      assert.deepStrictEqual(yield* Stream.runCollect(MessageStream.thinking(events)), ["H", "m"])
    }))
})

describe("thinking", () => {
  it.effect("gives the pieces of thinking and nothing else", () =>
    Effect.gen(function*() {
      const stream = events(start, delta(0, { type: "thinking_delta", thinking: "hm" }), say("a"), ...end)
      assert.deepStrictEqual(yield* collect(MessageStream.thinking(stream)), ["hm"])
    }))
})

describe("usage", () => {
  it.effect("gives the tokens so far, totals in place of totals, and no null in place of a count", () =>
    Effect.gen(function*() {
      const counts = yield* collect(MessageStream.usage(saying("a", "b")))
      assert.deepStrictEqual<ReadonlyArray<object>>(counts, [{ ...usage({}), isFinal: false }, {
        ...usage({ output_tokens: 9 }),
        isFinal: true
      }])
    }))
})

describe("toolInput", () => {
  const pieces = ["", "{\"pla", "ce\": \"Par", "is\", \"days\": 3", "}"]
  const stream = events(
    start,
    open(0, textBlock),
    say("Let me look."),
    close(0),
    open(1, toolBlock),
    ...pieces.map((partial_json) => delta(1, { type: "input_json_delta", partial_json })),
    close(1),
    ...end
  )

  it.effect("gives the input as it grows, from its beginning to its end", () =>
    Effect.gen(function*() {
      const inputs = yield* stream.pipe(
        MessageStream.toolInput,
        Stream.map(({ done, id, index, input, json, name }) => ({ done, id, index, input, json, name })),
        Stream.runCollect
      )
      const common = { index: 1, id: "toolu_1", name: "look" }
      assert.deepStrictEqual(inputs, [
        { ...common, done: false, json: "", input: {} },
        { ...common, done: false, json: "{\"pla", input: {} },
        { ...common, done: false, json: "{\"place\": \"Par", input: { place: "Par" } },
        { ...common, done: false, json: "{\"place\": \"Paris\", \"days\": 3", input: { place: "Paris" } },
        { ...common, done: false, json: pieces.join(""), input: { place: "Paris", days: 3 } },
        { ...common, done: true, json: pieces.join(""), input: { place: "Paris", days: 3 } }
      ])
    }))

  it.effect("says the same when it is read late", () =>
    Effect.gen(function*() {
      const inputs = yield* collect(MessageStream.toolInput(stream))
      assert.deepStrictEqual(inputs.toReversed().map(({ input }) => input).at(-3), { place: "Par" })
    }))

  it.effect("tells tools apart that are used at once", () =>
    Effect.gen(function*() {
      const json = (index: number, partial_json: string) => delta(index, { type: "input_json_delta", partial_json })
      const inputs = yield* collect(MessageStream.toolInput(events(
        open(0, { ...toolBlock, id: "a" }),
        open(1, { ...toolBlock, id: "b" }),
        json(1, "{\"n\": 1}"),
        json(0, "{\"n\": 0}"),
        close(0),
        close(1)
      )))
      assert.deepStrictEqual(
        inputs.filter(({ done }) => done).map(({ id, input }) => ({ id, input })),
        [{ id: "a", input: { n: 0 } }, { id: "b", input: { n: 1 } }]
      )
    }))

  it.effect("has the input of a tool that takes none", () =>
    Effect.gen(function*() {
      const [, last] = yield* collect(MessageStream.toolInput(events(open(0, toolBlock), close(0))))
      assert.deepInclude({ done: last?.done, input: last?.input }, { done: true, input: {} })
    }))
})

describe("messageWith", () => {
  it.effect("runs the effect at each event and gives the message", () =>
    Effect.gen(function*() {
      const types: Array<string> = []
      const message = yield* saying("a", "b").pipe(
        MessageStream.runMessageWith(({ type }) => Effect.sync(() => types.push(type)))
      )
      assert.strictEqual(types.length, 7)
      assert.deepInclude(message.content[0], { text: "ab" })
    }))

  it.effect("fails with the failure of its effect", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(MessageStream.runMessageWith(saying("a"), () => Effect.fail("no")))
      assert.strictEqual(error, "no")
    }))
})

describe("withIdleTimeout", () => {
  it.effect("fails with StreamStalledError where the next event is late", () =>
    Effect.gen(function*() {
      const stream = Stream.concat(saying("a"), Stream.never).pipe(MessageStream.withIdleTimeout("10 seconds"))
      const fiber = yield* Effect.forkChild(Effect.flip(Stream.runDrain(stream)))
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(fiber)
      assert.instanceOf(error, ClaudeError.StreamStalledError)
      assert.deepInclude(error, { events: 6, idleTimeout: Duration.seconds(10) })
    }))

  it.effect("does not count the time that the reader takes", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(
        saying("a").pipe(
          Stream.rechunk(1),
          MessageStream.withIdleTimeout("10 seconds"),
          Stream.mapEffect((event) => Effect.as(Effect.sleep("1 minute"), event)),
          Stream.runCollect
        )
      )
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* Fiber.join(fiber)).length, 6)
    }))
})

describe("tee", () => {
  it.effect("gives both readers everything, the later one too", () =>
    Effect.gen(function*() {
      const [left, right] = yield* MessageStream.tee(saying("a", "b"))
      const message = yield* MessageStream.runMessage(left)
      assert.deepInclude(message.content[0], { text: "ab" })
      assert.deepStrictEqual(yield* collect(MessageStream.text(right)), ["a", "b"])
    }))

  it.effect("gives both readers the failure", () =>
    Effect.gen(function*() {
      const [left, right] = yield* MessageStream.tee(cutOff("a"))
      assert.strictEqual(yield* Effect.flip(Stream.runDrain(left)), interrupted)
      assert.strictEqual(yield* Effect.flip(Stream.runDrain(right)), interrupted)
    }))

  it.effect("holds the faster reader back instead of losing anything", () =>
    Effect.gen(function*() {
      const pulled = yield* Queue.unbounded<number>()
      const source = Stream.range(1, 1000).pipe(
        Stream.rechunk(1),
        Stream.tap((n) => Queue.offer(pulled, n))
      )
      const [left, right] = yield* MessageStream.tee(source, { capacity: 2 })
      const fast = yield* Effect.forkChild(collect(left))
      yield* Stream.runDrain(Stream.take(right, 1))
      assert.strictEqual((yield* Fiber.join(fast)).length, 1000)
      assert.strictEqual(yield* Queue.size(pulled), 1000)
    }))

  it.effect("closes the source with the second reader to end", () =>
    Effect.gen(function*() {
      const closed = yield* Deferred.make<void>()
      const source = Stream.ensuring(Stream.concat(saying("a"), Stream.never), Deferred.succeed(closed, undefined))
      const [left, right] = yield* MessageStream.tee(source)
      yield* Stream.runDrain(Stream.take(left, 1))
      assert.isFalse(yield* Deferred.isDone(closed))
      yield* Stream.runDrain(Stream.take(right, 1))
      yield* Deferred.await(closed)
    }))
})

describe("recover", () => {
  const params = { messages: [{ role: "user", content: "Tell me." }], max_tokens: 10 }

  /** Answers by turns, and writes down what it was asked. */
  const answering = (
    ...answers: ReadonlyArray<Stream.Stream<RawMessageStreamEvent, ClaudeError.StreamInterruptedError>>
  ) => {
    const asked: Array<typeof params> = []
    return {
      asked,
      stream: (request: typeof params) => Stream.suspend(() => answers[asked.push(request) - 1] ?? Stream.empty)
    }
  }

  it.effect("goes on with a prefill, one seamless text", () =>
    Effect.gen(function*() {
      const { asked, stream } = answering(cutOff("Once ", "upon"), cutOff(" a"), saying(" time", "."))
      const pieces = yield* stream(params).pipe(
        MessageStream.recover({
          schedule: Schedule.recurs(5),
          continue: MessageStream.continueByPrefill(stream, params)
        }),
        Stream.runCollect
      )
      assert.deepStrictEqual(pieces, ["Once ", "upon", " a", " time", "."])
      assert.deepStrictEqual(
        asked.map(({ messages }) => messages.slice(1)),
        [[], [{ role: "assistant", content: "Once upon" }], [{ role: "assistant", content: "Once upon a" }]]
      )
    }))

  it.effect("sends no white space at the end of a prefill, and does not say it twice", () =>
    Effect.gen(function*() {
      const { asked, stream } = answering(cutOff("Title:\n"), saying("\n", "\nText"))
      const text = yield* MessageStream.recover(stream(params), {
        schedule: Schedule.recurs(1),
        continue: MessageStream.continueByPrefill(stream, params)
      }).pipe(Stream.mkString)
      assert.strictEqual(text, "Title:\n\nText")
      assert.deepStrictEqual(asked[1]?.messages.at(-1), { role: "assistant", content: "Title:" })
    }))

  it.effect("goes on with a turn of the user", () =>
    Effect.gen(function*() {
      const { asked, stream } = answering(cutOff("One, "), saying("two."))
      const text = yield* MessageStream.recover(stream(params), {
        schedule: Schedule.recurs(1),
        continue: MessageStream.continueByTurn(stream, params, "Go on.")
      }).pipe(Stream.mkString)
      assert.strictEqual(text, "One, two.")
      assert.deepStrictEqual(asked[1]?.messages.slice(1), [
        { role: "assistant", content: "One," },
        { role: "user", content: "Go on." }
      ])
    }))

  it.effect("asks the same again where nothing was said", () =>
    Effect.gen(function*() {
      const { asked, stream } = answering(cutOff(), saying("All."))
      yield* MessageStream.recover(stream(params), {
        schedule: Schedule.recurs(1),
        continue: MessageStream.continueByTurn(stream, params)
      }).pipe(Stream.runDrain)
      assert.deepStrictEqual(asked, [params, params])
    }))

  it.effect("fails with the last failure when the schedule ends, and hands on what was said", () =>
    Effect.gen(function*() {
      const { stream } = answering(cutOff("a"), cutOff("b"), cutOff("c"))
      const said: Array<string> = []
      const result = yield* MessageStream.recover(stream(params), {
        schedule: Schedule.recurs(1),
        continue: MessageStream.continueByPrefill(stream, params)
      }).pipe(Stream.runForEach((piece) => Effect.sync(() => said.push(piece))), Effect.result)
      assert.deepStrictEqual(result, Result.fail(interrupted))
      assert.deepStrictEqual(said, ["a", "b"])
    }))

  it.effect("waits as the schedule says, and tells of the cut", () =>
    Effect.gen(function*() {
      const cuts: Array<MessageStream.Cut<unknown>> = []
      const fiber = yield* Effect.forkChild(
        cutOff("a").pipe(
          MessageStream.recover({
            schedule: Schedule.spaced("1 minute"),
            continue: (cut: MessageStream.Cut<unknown>) => {
              cuts.push(cut)
              return saying("b")
            }
          }),
          Stream.mkString
        )
      )
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(cuts, [])
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(fiber), "ab")
      assert.deepStrictEqual(cuts, [{ text: "a", error: interrupted, attempt: 1 }])
    }))
})
