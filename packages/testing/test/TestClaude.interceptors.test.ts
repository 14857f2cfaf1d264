import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Schema, Stream } from "effect"
import { Claude, Interceptor, Usage } from "effect-claude"
import { TestClaude } from "../src/index.ts"
import { hello } from "./client.ts"

const claude = Claude.Claude

const create = Effect.flatMap(claude, ({ messages }) => messages.create(hello))

/** What an interceptor hears, as lines. */
const listener = () => {
  const heard: Array<string> = []
  const interceptor = Interceptor.make({
    call: (call, next) => {
      heard.push(`call ${call.operation.name}`)
      return next(call)
    },
    attempt: (attempt, next) => {
      heard.push("attempt")
      return next(attempt)
    },
    answered: () => Effect.sync(() => heard.push("answered")),
    ended: ({ operation }, { _tag, error }) =>
      Effect.sync(() => heard.push([_tag, operation.name, ...(error === undefined ? [] : [error._tag])].join(" ")))
  })
  return { heard, interceptor }
}

/** Asks another model while one is overloaded. */
const fallback = Interceptor.make({
  call: (call, next) =>
    Effect.catchIf(
      next(call),
      (error) => error.isThrottling,
      () => next(call.with({ params: { ...call.params, model: "claude-sonnet-5-5" } }))
    )
})

const model = { id: "claude-opus-5-5" } as Anthropic.ModelInfo

const result = { custom_id: "a", result: { type: "expired" } } as const

describe("an interceptor around a stubbed method", () => {
  const Stubs = TestClaude.layer({
    messages: {
      create: TestClaude.reply("Hello!"),
      parse: TestClaude.reply("Hello!"),
      stream: TestClaude.reply("Hello!"),
      batches: { results: Stream.make(result) }
    },
    models: {
      list: TestClaude.page([model]),
      listPage: TestClaude.page([model]),
      retrieve: Effect.succeed(model)
    },
    files: { download: Stream.make(new Uint8Array([1])) }
  })

  const all = Effect.map(claude, ({ files, messages, models }) =>
    [
      ["messages.create", messages.create(hello)],
      ["messages.parse", messages.parse(hello)],
      ["messages.stream", Stream.runDrain(messages.stream(hello))],
      ["models.list", Stream.runDrain(models.list())],
      ["models.list", models.listPage()],
      ["models.retrieve", models.retrieve("m")],
      ["files.download", Stream.runDrain(files.download("f"))]
    ] as const)

  it.effect("hears of its call and its end, and of no attempt", () =>
    Effect.gen(function*() {
      for (const [name, call] of yield* all) {
        const { heard, interceptor } = listener()
        yield* Effect.asVoid<unknown, unknown, never>(call).pipe(Claude.withInterceptor(interceptor))
        assert.deepStrictEqual(heard, [`call ${name}`, `Completed ${name}`])
      }
    }).pipe(Effect.provide(Stubs)))

  it.effect("hears of both calls behind the results of a batch", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const { heard, interceptor } = listener()
      const results = yield* messages.batches.results("b").pipe(
        Claude.withInterceptor(interceptor),
        Stream.runCollect
      )
      assert.deepStrictEqual(results, [result])
      assert.deepStrictEqual(heard, [
        "call messages.batches.retrieve",
        "Completed messages.batches.retrieve",
        "call messages.batches.results",
        "Completed messages.batches.results"
      ])
      assert.deepStrictEqual(yield* TestClaude.calls, [{ method: "messages.batches.results", args: ["b"] }])
    }).pipe(Effect.provide(Stubs)))

  it.effect("hears of a failure", () => {
    const { heard, interceptor } = listener()
    return Effect.gen(function*() {
      const { messages, models } = yield* claude
      yield* Effect.flip(messages.create(hello))
      yield* Effect.flip(Stream.runDrain(messages.stream(hello)))
      yield* Effect.flip(Stream.runDrain(models.list()))
      assert.deepStrictEqual(heard.filter((line) => line.startsWith("Failed")), [
        "Failed messages.create OverloadedError",
        "Failed messages.stream StreamInterruptedError",
        "Failed models.list InternalServerError"
      ])
    }).pipe(
      Claude.withInterceptor(interceptor),
      Effect.provide(TestClaude.layer({
        messages: {
          create: TestClaude.fail("OverloadedError"),
          stream: TestClaude.events(TestClaude.eventsOf(TestClaude.reply("Hello!")).slice(0, 2))
        },
        models: { list: TestClaude.fail("InternalServerError") }
      }))
    )
  })

  it.effect("hears of a stream whose end never comes", () => {
    const { heard, interceptor } = listener()
    const start = Stream.fromIterable(TestClaude.eventsOf(TestClaude.reply("Hello!")).slice(0, 1))
    return Effect.gen(function*() {
      const { messages } = yield* claude
      yield* Stream.runDrain(Stream.take(messages.stream(hello), 1))
      assert.deepStrictEqual(heard, ["call messages.stream", "Cancelled messages.stream"])
    }).pipe(
      Claude.withInterceptor(interceptor),
      Effect.provide(TestClaude.layer({
        messages: { stream: Stream.concat(start, Stream.never) }
      }))
    )
  })

  it.effect("knows the tokens used", () => {
    const used: Array<Usage.Usage> = []
    const metered = Interceptor.make({ ended: (_, { usage }) => Effect.sync(() => used.push(usage)) })
    const answer = TestClaude.message({ content: "Hello!", usage: { output_tokens: 99 } })
    return Effect.gen(function*() {
      const { messages } = yield* claude
      yield* messages.create(hello)
      yield* Stream.runDrain(messages.stream(hello))
      const usage = Usage.of(answer.message)
      assert.deepStrictEqual(used, [usage, usage])
    }).pipe(
      Claude.withInterceptor(metered),
      Effect.provide(TestClaude.layer({ messages: { create: answer, stream: answer } }))
    )
  })

  it.effect("may ask again with other parameters, a call each", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* create).model, "claude-sonnet-5-5")
      const asked = yield* TestClaude.callsTo("messages.create")
      assert.deepStrictEqual(asked.map(([{ model }]) => model), [hello.model, "claude-sonnet-5-5"])
    }).pipe(
      Claude.withInterceptor(fallback),
      Effect.provide(TestClaude.layer({
        messages: { create: TestClaude.sequence([TestClaude.fail("OverloadedError"), TestClaude.reply("Hello!")]) }
      }))
    ))

  it.effect("may refuse, so that nothing is called", () => {
    const refusing = Interceptor.make({
      call: (call) => Interceptor.reject(call, { reason: { _tag: "Custom", name: "closed" }, message: "Closed" })
    })
    return Effect.gen(function*() {
      const error = yield* Effect.flip(create)
      assert.deepInclude(error, { _tag: "RequestRejectedError", message: "Closed" })
      assert.deepStrictEqual(yield* TestClaude.calls, [])
    }).pipe(
      Claude.withInterceptor(refusing),
      Effect.provide(TestClaude.layer({ messages: { create: TestClaude.reply("Hello!") } }))
    )
  })

  it.effect("is that of the scope in which a stream's method was called", () => {
    const { heard, interceptor } = listener()
    return Effect.gen(function*() {
      const { messages } = yield* claude
      const stream = yield* Effect.sync(() => messages.stream(hello)).pipe(Claude.withInterceptor(interceptor))
      yield* Stream.runDrain(stream)
      assert.deepStrictEqual(heard, ["call messages.stream", "Completed messages.stream"])
    }).pipe(Effect.provide(Stubs))
  })

  it.effect("may be provided to the layer", () => {
    const { heard, interceptor } = listener()
    const Heard = Stubs.pipe(Layer.provide(Interceptor.layer(Effect.succeed(interceptor))))
    return Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual(heard, ["call messages.create", "Completed messages.create"])
    }).pipe(Effect.provide(Layer.fresh(Heard)))
  })

  it.effect("is around the layer that it is provided to, and no other", () => {
    class Other extends Context.Service<Other, Claude.Service>()("Other") {}
    const [first, second] = [listener(), listener()]
    const heardBy = ({ interceptor }: typeof first) =>
      Layer.provide(
        TestClaude.layer({ messages: { create: TestClaude.reply("Hello!") } }),
        Interceptor.layer(Effect.succeed(interceptor))
      )
    const Both = Layer.merge(heardBy(first), Layer.effect(Other, claude).pipe(Layer.provide(heardBy(second))))
    return Effect.gen(function*() {
      yield* create
      yield* create
      yield* (yield* Other).messages.create(hello)
      assert.deepStrictEqual([first.heard.length, second.heard.length], [4, 2])
    }).pipe(Effect.provide(Both))
  })

  it.effect("may make a call of its own, which a stub answers", () => {
    const counting = Interceptor.make({
      call: (call, next) =>
        Effect.flatMap(Effect.context<never>(), (context) => {
          const service = Context.getUnsafe(context, claude)
          return Effect.ignore(service.models.retrieve("m")).pipe(Effect.andThen(next(call)))
        })
    })
    return Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual((yield* TestClaude.calls).map(({ method }) => method), [
        "models.retrieve",
        "messages.create"
      ])
    }).pipe(Claude.withInterceptor(counting), Effect.provide(Stubs))
  })
})

describe("a stub that calls a method itself", () => {
  it.effect("gets what stands for that method", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const Outer = TestClaude.layer({
        messages: { countTokens: () => Effect.orDie(Effect.as(messages.create(hello), { input_tokens: 7 })) }
      })
      const count = Effect.flatMap(claude, ({ messages }) => messages.countTokens(hello))
      assert.deepStrictEqual(yield* Effect.provide(count, Outer), { input_tokens: 7 })
      assert.strictEqual((yield* TestClaude.calls).length, 1)
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: TestClaude.reply("Hello!") } }))))
})

describe("an object that is not given", () => {
  const schema = Schema.Struct({ city: Schema.String })
  const json = TestClaude.reply(`{"city":"Oslo"}`)

  it.effect("is made of the message that create gives", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      assert.deepStrictEqual(yield* messages.object({ ...hello, schema }), { city: "Oslo" })
      const [[params] = []] = yield* TestClaude.callsTo("messages.create")
      assert.strictEqual(params?.output_config?.format?.type, "json_schema")
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: json } }))))

  it.effect("comes in parts of the message that stream gives", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const parts = yield* Stream.runCollect(messages.objectStream({ ...hello, schema }))
      assert.isAbove(parts.filter(({ _tag }) => _tag === "Partial").length, 0)
      assert.deepInclude(parts.at(-1), { _tag: "Complete", value: { city: "Oslo" } })
    }).pipe(Effect.provide(TestClaude.layer({ messages: { stream: json } }))))

  it.effect("takes the next step of create's sequence", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      yield* Effect.flip(messages.create(hello))
      assert.deepStrictEqual(yield* messages.object({ ...hello, schema }), { city: "Oslo" })
    }).pipe(Effect.provide(TestClaude.layer({
      messages: { create: TestClaude.sequence([TestClaude.fail("OverloadedError"), json]) }
    }))))

  it.effect("passes the interceptors of its message", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      assert.deepStrictEqual(yield* messages.object({ ...hello, schema }), { city: "Oslo" })
    }).pipe(
      Claude.withInterceptor(fallback),
      Effect.provide(TestClaude.layer({
        messages: { create: TestClaude.sequence([TestClaude.fail("OverloadedError"), json]) }
      }))
    ))

  it.effect("dies with its own name where there is no message either", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const exit = yield* Effect.exit(messages.object({ ...hello, schema }))
      assert.include(String(Exit.isFailure(exit) && exit.cause), "TestClaude: messages.object is not given")
    }).pipe(Effect.provide(TestClaude.layer())))
})

describe("an object that is given", () => {
  it.effect("is no call to interceptors", () => {
    const { heard, interceptor } = listener()
    return Effect.gen(function*() {
      const { messages } = yield* claude
      yield* messages.object({ ...hello, schema: Schema.Unknown })
      assert.deepStrictEqual(heard, [])
      assert.strictEqual((yield* TestClaude.callsTo("messages.object")).length, 1)
    }).pipe(
      Claude.withInterceptor(interceptor),
      Effect.provide(TestClaude.layer({ messages: { object: () => Effect.succeed("Oslo") } }))
    )
  })
})

describe("parameters that the API is sure to refuse", () => {
  it.effect("are refused before the stub is called", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const error = yield* Effect.flip(messages.create({ ...hello, messages: [] }))
      assert.deepInclude(error, { _tag: "RequestRejectedError", param: "messages" })
      assert.deepStrictEqual(yield* TestClaude.calls, [])
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: TestClaude.reply("Hello!") } }))))
})

describe("the items of a list", () => {
  it.effect("come before a failure", () =>
    Effect.gen(function*() {
      const { models } = yield* claude
      const seen: Array<string> = []
      const error = yield* models.list().pipe(
        Stream.runForEach(({ id }) => Effect.sync(() => seen.push(id))),
        Effect.flip
      )
      assert.deepStrictEqual(seen, [model.id])
      assert.strictEqual(error._tag, "OverloadedError")
    }).pipe(Effect.provide(TestClaude.layer({
      models: { list: TestClaude.events([model], { thenFail: TestClaude.error("OverloadedError") }) }
    }))))

  it.effect("keep what they need until the last of them", () => {
    const log: Array<string> = []
    const items = Stream.unwrap(
      Effect.as(
        Effect.acquireRelease(
          Effect.sync(() => log.push("open")),
          () => Effect.sync(() => log.push("close"))
        ),
        Stream.fromIterable([model, model]).pipe(
          Stream.rechunk(1),
          Stream.tap(() => Effect.sync(() => log.push("item")))
        )
      )
    )
    return Effect.gen(function*() {
      const { models } = yield* claude
      yield* Stream.runDrain(models.list())
      assert.deepStrictEqual(log, ["open", "item", "item", "close"])
    }).pipe(Effect.provide(TestClaude.layer({ models: { list: items } })))
  })
})
