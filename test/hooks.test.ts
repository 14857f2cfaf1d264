/** Hooks at their worst: called twice, interrupted, broken, or with what cannot be read twice. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Option, Redacted, Schedule, Stream } from "effect"
import { Claude, ClaudeClient, ClaudeError, Interceptor, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { Readable } from "node:stream"
import { over, sdkOver } from "./support/every.ts"
import { refusal } from "./support/server.ts"
import { hello } from "./support/simulated.ts"
import { recording } from "./support/tracing.ts"
import { open, say, signal, start } from "./support/wire.ts"

const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 }
}

const ok = () => Response.json(message)

const overloaded = () => Response.json(refusal("overloaded_error"), { status: 529 })

const create = Effect.flatMap(Claude.Claude, (claude) => claude.messages.create(hello))

const events = Stream.unwrap(Effect.map(Claude.Claude, (claude) => claude.messages.stream(hello)))

const times = (count: number) => RetryPolicy.constant(0).pipe(Schedule.upTo({ times: count }))

describe("a hook", () => {
  it.effect("has the client of the call, also for calls of its own", () => {
    const seen: Array<string> = []
    const asking = Interceptor.make({
      call: (call, next) =>
        Effect.andThen(
          Effect.ignore(call.client.use((client, options) => client.get("/v1/models/m", options))),
          next(call)
        )
    })
    const server = (url: string) => {
      seen.push(new URL(url).pathname)
      return ok()
    }
    return Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual(seen, ["/v1/models/m", "/v1/messages"])
    }).pipe(Effect.provide(over(server, { interceptors: [asking] })))
  })

  it.effect("may go on with the client that the call had", () => {
    const same = Interceptor.make({ call: (call, next) => next(call.with({ client: call.client })) })
    return create.pipe(Effect.provide(over(ok, { interceptors: [same] })))
  })

  it.effect("runs in the span of the call", () => {
    const { spans, traced } = recording()
    const annotating = Interceptor.make({
      call: (call, next) =>
        Effect.annotateCurrentSpan("by", "the hook").pipe(Effect.withSpan("hook"), Effect.andThen(next(call)))
    })
    return Effect.gen(function*() {
      yield* create
      const [call, hook] = spans
      assert.strictEqual(call?.name, "chat claude-opus-5-5")
      assert.strictEqual(hook && Option.getOrUndefined(hook.parent), call)
    }).pipe(traced, Effect.provide(over(ok, { interceptors: [annotating] })))
  })
})

describe("an attempt hook that runs its attempt twice", () => {
  it.effect("counts both requests and both answers", () => {
    const seen = { answers: 0, attempts: 0 }
    const twice = Interceptor.make({
      attempt: (attempt, next) => Effect.andThen(next(attempt), next(attempt)),
      answered: () => Effect.sync(() => void seen.answers++),
      ended: (_, end) =>
        Effect.sync(() => {
          seen.attempts = end.attempts
        })
    })
    return Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual(seen, { answers: 2, attempts: 2 })
    }).pipe(Effect.provide(over(ok, { interceptors: [twice] })))
  })

  it.effect("is not told of the first answer again where the second try has none", () => {
    let answers = 0
    let sent = 0
    const twice = Interceptor.make({
      attempt: (attempt, next) => Effect.catch(next(attempt), () => next(attempt)),
      answered: () => Effect.sync(() => void answers++)
    })
    return Effect.gen(function*() {
      assert.instanceOf(yield* Effect.flip(create), ClaudeError.APIConnectionError)
      assert.strictEqual(answers, 1)
    }).pipe(
      Effect.provide(
        over(() => sent++ === 0 ? overloaded() : Promise.reject(new TypeError("fetch failed")), {
          interceptors: [twice]
        })
      )
    )
  })

  it.effect("with a header that cannot be sent is refused, and its value is not shown", () => {
    const bad = Interceptor.make({
      attempt: (attempt, next) => next(attempt.with({ headers: { "x-secret": "hush-hush\nvalue" } }))
    })
    return Effect.gen(function*() {
      const error = yield* Effect.flip(create)
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.notInclude(JSON.stringify(error), "hush-hush")
    }).pipe(Effect.provide(over(ok, { interceptors: [bad] })))
  })
})

describe("answered", () => {
  it.effect("that never ends does not outlive the attempt's timeout", () => {
    const reached = signal()
    const slow = Interceptor.make({
      answered: () => Effect.andThen(Effect.sync(() => reached.tell()), Effect.never)
    })
    return Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.flip(create))
      yield* reached.told
      yield* TestClock.adjust("1 second")
      assert.instanceOf(yield* Fiber.join(fiber), ClaudeError.APIConnectionTimeoutError)
    }).pipe(Effect.provide(over(ok, { interceptors: [slow], timeout: "1 second" })))
  })
})

describe("what a stream leaves", () => {
  const cut = () => {
    const cancelled = signal()
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(start + open + say("Hi"))),
      cancel: () => void cancelled.tell()
    })
    return { cancelled, response: new Response(body, { headers: { "content-type": "text/event-stream" } }) }
  }

  it.effect("is cancelled though the fetch ignores its signal", () => {
    const { cancelled, response } = cut()
    return Effect.gen(function*() {
      yield* events.pipe(Stream.take(1), Stream.runDrain)
      yield* cancelled.told
    }).pipe(Effect.provide(over(() => response)))
  })

  it.effect("is cancelled where a hook gave the answer", () => {
    const { cancelled, response } = cut()
    const answering = Interceptor.make({ call: (call) => call.answer(response) })
    return Effect.gen(function*() {
      yield* events.pipe(Stream.take(1), Stream.runDrain)
      yield* cancelled.told
    }).pipe(Effect.provide(over(ok, { interceptors: [answering] })))
  })
})

describe("a whole body that a hook answers with", () => {
  const silent = (status: number) => {
    const cancelled = signal()
    const reached = signal()
    const body = new ReadableStream(
      { pull: () => void reached.tell(), cancel: () => void cancelled.tell() },
      { highWaterMark: 0 }
    )
    return { cancelled, reached, response: new Response(body, { status }) }
  }

  it.effect.each([{ status: 200 }, { status: 500 }])("is cancelled with its call, under $status", ({ status }) => {
    const { cancelled, reached, response } = silent(status)
    const answering = Interceptor.make({ call: (call) => call.answer(response) })
    return Effect.gen(function*() {
      const call = yield* Effect.forkChild(create)
      yield* reached.told
      yield* Fiber.interrupt(call)
      yield* cancelled.told
    }).pipe(Effect.provide(over(ok, { interceptors: [answering] })))
  })
})

describe("parameters that a hook has changed in place", () => {
  it.effect("are checked like those of the caller", () => {
    const clearing = Interceptor.make({
      call: (call, next) => {
        Reflect.set(call.params, "messages", [])
        return next(call)
      }
    })
    return Effect.gen(function*() {
      const error = yield* Effect.flip(
        Effect.flatMap(Claude.Claude, ({ messages }) => messages.create({ ...hello }))
      )
      assert.deepInclude(error, { _tag: "RequestRejectedError", param: "messages" })
    }).pipe(Effect.provide(over(() => assert.fail("nothing is sent"), { interceptors: [clearing] })))
  })
})

describe("onEnd after the end", () => {
  it.effect("runs at once, with the end", () => {
    const ends: Array<string> = []
    let late: Effect.Effect<void> = Effect.die("no call yet")
    const keeping = Interceptor.make({
      call: (call, next) => {
        late = call.onEnd((end) => Effect.sync(() => void ends.push(end._tag)))
        return next(call)
      }
    })
    return Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual(ends, [])
      yield* late
      assert.deepStrictEqual(ends, ["Completed"])
    }).pipe(Effect.provide(over(ok, { interceptors: [keeping] })))
  })
})

describe("given items", () => {
  const given = (items: Stream.Stream<unknown, ClaudeError.ClaudeError>) => {
    const ends: Array<string> = []
    const interceptor = Interceptor.make({
      call: (call) => call.answerItems(items),
      ended: (_, end) => Effect.sync(() => void ends.push(end._tag))
    })
    return {
      ends,
      exit: Effect.exit(Stream.runDrain(events)).pipe(Effect.provide(over(ok, { interceptors: [interceptor] })))
    }
  }

  it.effect("that end before message_stop are an interrupted stream", () =>
    Effect.gen(function*() {
      const { ends, exit } = given(Stream.make({ type: "message_start", message }))
      assert.instanceOf(yield* Effect.flip(yield* exit), ClaudeError.StreamInterruptedError)
      assert.deepStrictEqual(ends, ["Failed"])
    }))

  it.effect.each([
    { name: "null", item: null, problem: "expected an object with a `type`" },
    { name: "an object without a type", item: {}, problem: "expected an object with a `type`" },
    {
      name: "a message_start without a message",
      item: { type: "message_start" },
      problem: "message: expected an object"
    },
    {
      name: "a piece without its text",
      item: { type: "content_block_delta", index: 0, delta: { type: "text_delta" } },
      problem: "delta.text: expected a string"
    }
  ])("that are no events are refused: $name", ({ item, problem }) =>
    Effect.gen(function*() {
      const { ends, exit } = given(Stream.make(item))
      const error = yield* Effect.flip(yield* exit)
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.include(error.message, "answerItems: item 1 is no event of a message")
      assert.include(error.message, problem)
      assert.deepStrictEqual(ends, ["Failed"])
    }))

  it.effect("with a defect end as failed", () =>
    Effect.gen(function*() {
      const { ends, exit } = given(Stream.concat(Stream.make({ type: "message_start", message }), Stream.die("a bug")))
      assert.isTrue(Exit.isFailure(yield* exit))
      assert.deepStrictEqual(ends, ["Failed"])
    }))
})

describe("a release that dies", () => {
  it.effect("keeps no trip around it from ending", () => {
    const ends: Array<string> = []
    const telling = (name: string) =>
      Interceptor.make({ ended: (_, end) => Effect.sync(() => void ends.push(`${name} ${end._tag}`)) })
    const broken = Interceptor.make({
      call: (call, next) =>
        Effect.acquireRelease(Effect.void, () => Effect.die("a bug in the release")).pipe(Effect.andThen(next(call)))
    })
    return Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual(ends, ["inner Completed", "outer Completed"])
    }).pipe(Effect.provide(over(ok, { interceptors: [telling("outer"), broken, telling("inner")] })))
  })
})

describe("other parameters", () => {
  it.effect("leave the id of a method that takes none alone", () => {
    const urls: Array<string> = []
    const changing = Interceptor.make({
      call: (call, next) => next(call.with({ params: { ...call.params, model: "claude-sonnet-5-5" } }))
    })
    return Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* Effect.exit(claude.organization.invites.delete("invite_1"))
      assert.match(urls[0] ?? "", /\/invites\/invite_1$/)
    }).pipe(Effect.provide(over((url) => (urls.push(url), ok()), { interceptors: [changing] })))
  })
})

describe("an upload that can be read once", () => {
  const uploading = (
    run: (upload: Effect.Effect<unknown, ClaudeError.ClaudeError>) => Effect.Effect<unknown, unknown>
  ) => {
    const bodies: Array<Promise<string>> = []
    const layer = over((_, { body }) => {
      bodies.push(new Response(body as FormData).text())
      return bodies.length === 1 ? overloaded() : Response.json({ id: "file_1", type: "file" })
    })
    return Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const file = Object.assign(Readable.from([Buffer.from("the content")]), { path: "a.txt" })
      yield* Effect.exit(run(claude.files.upload({ file: file as never })))
      return (yield* Effect.promise(() => Promise.all(bodies))).map((body) => body.includes("the content"))
    }).pipe(Effect.provide(layer))
  }

  it.effect("is whole where a hook runs the call again", () =>
    Effect.gen(function*() {
      const again = Interceptor.make({ call: (call, next) => Effect.catch(next(call), () => next(call)) })
      assert.deepStrictEqual(yield* uploading(Claude.withInterceptor(again)), [true, true])
    }))

  it.effect("is whole where the program runs the call again", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* uploading(Effect.retry({ times: 1 })), [true, true])
    }))

  it.effect("that never ends does not outlive the timeout", () => {
    const reached = signal()
    const file = {
      path: "a.txt",
      async *[Symbol.asyncIterator]() {
        reached.tell()
        yield await new Promise<Uint8Array>(() => undefined)
      }
    }
    return Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const fiber = yield* Effect.forkChild(Effect.flip(claude.files.upload({ file: file as never })))
      yield* reached.told
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error._tag, "APIConnectionTimeoutError")
      assert.strictEqual(error.outcome, "not-executed")
    }).pipe(Effect.provide(over(ok, { timeout: "1 second" })))
  })
})

describe("the retry policy that counts", () => {
  it.effect("option, running scope, scope of the method's call, layer: for effects, streams and lists", () => {
    let sent = 0
    const counted = (call: Effect.Effect<unknown, unknown>) =>
      Effect.suspend(() => {
        sent = 0
        return Effect.map(Effect.exit(call), () => sent)
      })
    return Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const called = Claude.withRetry(times(2))
      const effect = yield* Effect.sync(() => claude.messages.create(hello)).pipe(called)
      const stream = yield* Effect.sync(() => claude.messages.stream(hello)).pipe(called)
      const list = yield* Effect.sync(() => claude.models.list()).pipe(called)
      const named = yield* Effect.sync(() => claude.messages.stream(hello, { retry: times(3) })).pipe(called)
      const running = Claude.withRetry(times(4))
      assert.deepStrictEqual(
        yield* Effect.all([
          counted(Stream.runDrain(claude.messages.stream(hello))),
          counted(effect),
          counted(Stream.runDrain(stream)),
          counted(Stream.runDrain(list)),
          counted(Stream.runDrain(named)),
          counted(effect.pipe(running)),
          counted(stream.pipe(running, Stream.runDrain)),
          counted(Stream.runDrain(stream).pipe(running))
        ]),
        [2, 3, 3, 3, 4, 5, 5, 5]
      )
    }).pipe(Effect.provide(over(() => (sent++, overloaded()), { retry: times(1) })))
  })

  it.effect("is also that of a hook around next", () => {
    let sent = 0
    const quiet = Interceptor.make({ call: (call, next) => next(call).pipe(Claude.withRetry(RetryPolicy.none)) })
    return Effect.gen(function*() {
      yield* Effect.exit(create)
      assert.strictEqual(sent, 1)
    }).pipe(Effect.provide(over(() => (sent++, overloaded()), { interceptors: [quiet], retry: times(3) })))
  })
})

describe("a client service", () => {
  it.effect("that is spread keeps its client and its settings", () => {
    let sent = 0
    const fetch = () => Promise.resolve((sent++, overloaded()))
    return Effect.gen(function*() {
      const context = yield* Layer.build(
        ClaudeClient.layer({ apiKey: Redacted.make("sk-test"), retry: times(2), fetch })
      )
      const service = Context.get(context, ClaudeClient.ClaudeClient)
      yield* Effect.exit(create).pipe(
        Effect.provide(Claude.layerClient),
        Effect.provideService(ClaudeClient.ClaudeClient, { ...service, use: service.use })
      )
      assert.strictEqual(sent, 3)
    }).pipe(Effect.scoped)
  })

  it.effect("without credentials of the SDK's repeats no 401", () => {
    let sent = 0
    const real = sdkOver(() => (sent++, Response.json(refusal("authentication_error"), { status: 401 })))
    const client = { messages: real.messages, timeout: 1000, baseURL: "http://localhost" }
    return Effect.gen(function*() {
      yield* Effect.exit(create.pipe(Claude.withRetry(RetryPolicy.none)))
      assert.strictEqual(sent, 1)
    }).pipe(Effect.provide(Claude.layerClient.pipe(Layer.provide(ClaudeClient.layerSdk(client as never)))))
  })
})
