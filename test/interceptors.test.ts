/** The gate: every call passes its interceptors, whatever its shape and however it ends. */
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Duration, Effect, Exit, Fiber, Layer, Schedule, Schema, Semaphore, Stream } from "effect"
import { Claude, ClaudeClient, ClaudeError, Interceptor, MessageStream, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { over, sdkOver } from "./support/every.ts"
import { hello, simulated } from "./support/simulated.ts"
import { claudeServedBy, end, open, say, signal, start } from "./support/wire.ts"

/** An interceptor that counts, in ten lines. */
const counting = () => {
  const counts = { calls: 0, attempts: 0, answers: 0, ends: 0, sent: 0, outputTokens: 0 }
  const interceptor = Interceptor.make({
    call: (call, next) => Effect.suspend(() => (counts.calls++, next(call))),
    attempt: (attempt, next) => Effect.suspend(() => (counts.attempts++, next(attempt))),
    answered: () => Effect.sync(() => void counts.answers++),
    ended: (call, { _tag, attempts, usage }) =>
      Effect.sync(() => {
        counts.ends++
        counts.sent += attempts
        // The journal counts answers, not the rows of a batch's results.
        if (_tag === "Completed" && call.operation.shape !== "rows") counts.outputTokens += usage.outputTokens
      })
  })
  return { counts, interceptor }
}

const params: Claude.MessageCreateParams = hello
const refused = { ...hello, max_tokens: -1 }
const row = (id: string) => ({ custom_id: id, params })

/** A call of each shape, streams to their ends. */
const everyShape = (claude: Claude.Service): ReadonlyArray<Effect.Effect<unknown, unknown>> => [
  claude.messages.create(params),
  claude.messages.parse(params),
  claude.messages.object({ ...params, schema: Schema.Struct({ city: Schema.String }) }),
  claude.messages.countTokens({ model: params.model, messages: params.messages }),
  claude.messages.stream(params).pipe(Stream.runDrain),
  claude.messages.objectStream({ ...params, schema: Schema.Struct({ city: Schema.String }) }).pipe(Stream.runDrain),
  claude.beta.messages.create(params),
  claude.beta.messages.stream(params).pipe(Stream.runDrain),
  claude.models.list({ limit: 2 }).pipe(Stream.runDrain),
  claude.models.listPage(),
  claude.models.retrieve("claude-opus-5-5"),
  Effect.flatMap(
    claude.messages.batches.create({ requests: [row("a"), row("b")] }),
    ({ id }) =>
      claude.messages.batches.results(id).pipe(
        Stream.runDrain
      )
  ),
  Effect.flatMap(
    claude.files.upload({ file: new File(["text"], "a.txt", { type: "text/plain" }) }),
    ({ id }) => claude.files.download(id).pipe(Stream.runDrain, Effect.ignore)
  )
]

describe("an interceptor that counts", () => {
  it.effect("sees calls, attempts, answers, ends and final usage of every shape", () => {
    const { counts, interceptor } = counting()
    return Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* Effect.forEach(everyShape(claude), (call) => Effect.exit(call))
      const journal = yield* sim.awaitJournal((entries) => entries.every(({ outcome }) => outcome !== "pending"))
      const answered = journal.filter(({ outcome, status }) => outcome === "answered" && status === 200)
      assert.strictEqual(counts.calls, journal.length)
      assert.strictEqual(counts.attempts, journal.length)
      assert.strictEqual(counts.sent, journal.length)
      assert.strictEqual(counts.answers, journal.length)
      assert.strictEqual(counts.ends, counts.calls)
      assert.isAbove(counts.outputTokens, 0)
      assert.strictEqual(
        counts.outputTokens,
        answered.reduce((sum, { usage }) => sum + (usage?.output_tokens ?? 0), 0)
      )
    }).pipe(Effect.provide(simulated({ interceptors: [interceptor] }, { batchDuration: 0 })))
  })

  it.effect("counts every attempt of a call that is retried, and one end", () => {
    const { counts, interceptor } = counting()
    return Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* sim.script([Fault.overloaded(), Fault.overloaded()])
      yield* claude.messages.create(params)
      assert.deepStrictEqual(
        { ...counts, outputTokens: 0 },
        { calls: 1, attempts: 3, answers: 3, ends: 1, sent: 3, outputTokens: 0 }
      )
    }).pipe(Effect.provide(simulated({ interceptors: [interceptor], retry: RetryPolicy.constant(0) })))
  })

  it.effect("does not see what preflight refuses: nobody has let it in yet", () => {
    const { counts, interceptor } = counting()
    return Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const error = yield* Effect.flip(claude.messages.create(refused))
      assert.strictEqual(error._tag, "RequestRejectedError")
      assert.deepStrictEqual(counts, { calls: 0, attempts: 0, answers: 0, ends: 0, sent: 0, outputTokens: 0 })
    }).pipe(Effect.provide(simulated({ interceptors: [interceptor] })))
  })
})

/** What the interceptors of a test saw, in order. */
const journal = () => {
  const lines: Array<string> = []
  const named = (name: string) =>
    Interceptor.make({
      call: (call, next) => Effect.suspend(() => (lines.push(`${name} call`), next(call))),
      attempt: (attempt, next) =>
        Effect.suspend(() => (lines.push(`${name} attempt ${attempt.number}`), next(attempt))),
      ended: (_, end) => Effect.sync(() => void lines.push(`${name} ${end._tag}`))
    })
  return { lines, named }
}

const answer = (text = "Hello") => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [{ type: "text", text, citations: null }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 7 }
})

const ok = () => Response.json(answer())

const textOf = ({ content }: { readonly content: ReadonlyArray<{ readonly type: string }> }): unknown =>
  Reflect.get(Object(content[0]), "text")

const create = Effect.flatMap(Claude.Claude, (claude) => claude.messages.create(params))

const events = Stream.unwrap(Effect.map(Claude.Claude, (claude) => claude.messages.stream(params)))

const refusal = (status: number, type: string) =>
  Response.json({ type: "error", error: { type, message: "no" } }, { status })

describe("order", () => {
  it.effect("scopes are outside the client, call and attempt outermost first, ended innermost first", () => {
    const { lines, named } = journal()
    const [outer, inner, ofClient] = [named("outer"), named("inner"), named("client")]
    return Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual(lines, [
        "outer call",
        "inner call",
        "client call",
        "outer attempt 1",
        "inner attempt 1",
        "client attempt 1",
        "client Completed",
        "inner Completed",
        "outer Completed"
      ])
    }).pipe(
      Claude.withInterceptor(inner),
      Claude.withInterceptor(outer),
      Effect.provide(over(ok, { interceptors: [ofClient] }))
    )
  })

  it.effect("an interceptor that is named twice applies once, where it is outermost", () => {
    const { lines, named } = journal()
    const [twice, other] = [named("twice"), named("other")]
    return Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual(lines.filter((line) => line.endsWith("call")), ["twice call", "other call"])
    }).pipe(Claude.withInterceptor(twice), Effect.provide(over(ok, { interceptors: [other, twice] })))
  })

  it.effect("interceptors of layers add up, inside those of the settings", () => {
    const { lines, named } = journal()
    const layers = Layer.mergeAll(
      Interceptor.layer(Effect.succeed(named("one"))),
      Interceptor.layer(Effect.succeed(named("two")))
    )
    return Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual(lines.filter((line) => line.endsWith("call")), ["settings call", "one call", "two call"])
    }).pipe(Effect.provide(over(ok, { interceptors: [named("settings")] }).pipe(Layer.provide(layers))))
  })

  it.effect("one layer may bring several, outermost first", () => {
    const { lines, named } = journal()
    const layers = Layer.mergeAll(
      Interceptor.layer(Effect.succeed([named("one"), named("two")])),
      Interceptor.layer(Effect.succeed(named("three")))
    )
    return Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual(lines.filter((line) => line.endsWith("call")), ["one call", "two call", "three call"])
    }).pipe(Effect.provide(over(ok).pipe(Layer.provide(layers))))
  })

  it.effect("an interceptor of a layer has a scope and services of its own", () => {
    class Audit extends Context.Service<Audit, { readonly log: (line: string) => void }>()("Audit") {}
    const lines: Array<string> = []
    const layer = Interceptor.layer(Effect.gen(function*() {
      const { log } = yield* Audit
      yield* Effect.addFinalizer(() => Effect.sync(() => log("closed")))
      return Interceptor.make({ ended: () => Effect.sync(() => log("ended")) })
    }))
    const audit = Layer.succeed(Audit, { log: (line) => void lines.push(line) })
    return Effect.gen(function*() {
      yield* create.pipe(Effect.provide(over(ok).pipe(Layer.provide(layer), Layer.provide(audit))))
      assert.deepStrictEqual(lines, ["ended", "closed"])
    })
  })
})

describe("scopes and streams", () => {
  it.effect("a stream passes the interceptors of where it runs and of where its method was called, each once", () => {
    const { lines, named } = journal()
    const [runs, called, both] = [named("runs"), named("called"), named("both")]
    return Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const stream = yield* Effect.sync(() => claude.messages.stream(params)).pipe(
        Claude.withInterceptor(called),
        Claude.withInterceptor(both)
      )
      yield* stream.pipe(Claude.withInterceptor(runs), Claude.withInterceptor(both), Stream.runDrain)
      assert.deepStrictEqual(lines.filter((line) => line.endsWith("call")), ["both call", "runs call", "called call"])
    }).pipe(Effect.provide(simulated()))
  })

  it.effect("each page of a list is a call", () => {
    const { counts, interceptor } = counting()
    return Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* Stream.runDrain(claude.models.list({ limit: 2 }))
      assert.strictEqual(counts.calls, (yield* (yield* Simulator.Simulator).journal).length)
      assert.isAbove(counts.calls, 1)
    }).pipe(Claude.withInterceptor(interceptor), Effect.provide(simulated()))
  })
})

describe("hooks that call the API", () => {
  it.effect("do not pass their own interceptor again, but those around it", () => {
    const { lines, named } = journal()
    return Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const counted: Array<number> = []
      const counts = Interceptor.make({
        call: (call, next) =>
          claude.messages.countTokens({ model: params.model, messages: params.messages }).pipe(
            Effect.orDie,
            Effect.tap(({ input_tokens }) => Effect.sync(() => counted.push(input_tokens))),
            Effect.andThen(next(call))
          )
      })
      yield* claude.messages.create(params).pipe(
        Claude.withInterceptor(counts),
        Claude.withInterceptor(named("around"))
      )
      assert.strictEqual(counted.length, 1)
      assert.deepStrictEqual(lines.filter((line) => line.endsWith("call")), ["around call", "around call"])
    }).pipe(Effect.provide(simulated()))
  })

  it.effect("in ended, too", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const ends: Array<string> = []
      const audited = Interceptor.make({
        ended: (call) =>
          Effect.sync(() => void ends.push(call.operation.name)).pipe(
            Effect.andThen(Effect.ignore(claude.models.retrieve("claude-opus-5-5")))
          )
      })
      yield* claude.messages.create(params).pipe(Claude.withInterceptor(audited))
      assert.deepStrictEqual(ends, ["messages.create"])
    }).pipe(Effect.provide(simulated())))
})

describe("next, again", () => {
  it.effect("with other parameters: a fallback whose every try is a trip for those inside", () => {
    const { lines, named } = journal()
    const fallback = Interceptor.make({
      call: (call, next) =>
        next(call).pipe(
          Effect.catchIf((error) => error.isThrottling, () =>
            next(call.with({ params: { ...call.params, model: "claude-sonnet-5-5" } })))
        )
    })
    return Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      const message = yield* create
      assert.strictEqual(message.model, "claude-sonnet-5-5")
      assert.deepStrictEqual(lines.filter((line) => !line.includes("attempt")), [
        "inside call",
        "inside Failed",
        "inside call",
        "inside Completed"
      ])
    }).pipe(Claude.withInterceptor(named("inside")), Claude.withInterceptor(fallback), Effect.provide(simulated()))
  })

  it.effect("with another client, whose answer it is", () =>
    Effect.gen(function*() {
      const other = yield* Layer.build(ClaudeClient.layerSdk(sdkOver(() => Response.json(answer("from the other")))))
      const service = Context.get(other, ClaudeClient.ClaudeClient)
      const elsewhere = Interceptor.make({ call: (call, next) => next(call.with({ client: service })) })
      const message = yield* create.pipe(Claude.withInterceptor(elsewhere))
      assert.strictEqual(textOf(message), "from the other")
    }).pipe(Effect.scoped, Effect.provide(over(ok))))

  it.effect("checks what was changed like what the caller wrote", () => {
    const broken = Interceptor.make({
      call: (call, next) => next(call.with({ params: { ...call.params, max_tokens: -1 } }))
    })
    return Effect.gen(function*() {
      const error = yield* Effect.flip(create)
      assert.strictEqual(error._tag, "RequestRejectedError")
      assert.strictEqual("param" in error ? error.param : undefined, "max_tokens")
    }).pipe(Claude.withInterceptor(broken), Effect.provide(over(ok)))
  })

  it.effect("a try that was not handed on is aborted", () =>
    Effect.gen(function*() {
      const closed = signal()
      const { lines, named } = journal()
      const { claude } = yield* claudeServedBy(({ index, response }) => {
        response.write(start + open + say("Hello"))
        if (index === 0) response.on("close", () => closed.tell())
        else response.end(end)
      })
      const second = Interceptor.make({ call: (call, next) => Effect.andThen(next(call), next(call)) })
      yield* claude.messages.stream(params).pipe(
        Stream.runDrain,
        Claude.withInterceptor(named("inside")),
        Claude.withInterceptor(second)
      )
      yield* closed.told
      assert.deepStrictEqual(lines.filter((line) => !line.includes("attempt")), [
        "inside call",
        "inside call",
        "inside Cancelled",
        "inside Completed"
      ])
    }))

  it.effect("a race of two tries cancels the loser", () =>
    Effect.gen(function*() {
      const closed = signal()
      const { lines, named } = journal()
      const { claude } = yield* claudeServedBy(({ index, response }) => {
        if (index === 0) response.on("close", () => closed.tell())
        else response.end(start + open + say("Hello") + end)
      })
      const hedged = Interceptor.make({ call: (call, next) => Effect.raceFirst(next(call), next(call)) })
      const pieces = yield* claude.messages.stream(params).pipe(
        MessageStream.text,
        Stream.runCollect,
        Claude.withInterceptor(named("inside")),
        Claude.withInterceptor(hedged)
      )
      assert.deepStrictEqual(pieces, ["Hello"])
      yield* closed.told
      assert.sameMembers(lines.filter((line) => line.startsWith("inside C")), ["inside Cancelled", "inside Completed"])
    }))
})

describe("an answer without the wire", () => {
  const unreached = () => {
    throw new Error("a request was sent")
  }

  const answering = (response: () => Response) =>
    Interceptor.make({ call: (call) => Effect.suspend(() => call.answer(response())) })

  const overNothing = (response: () => Response) => over(unreached, { interceptors: [answering(response)] })

  const frames = start + open + say("Hello") + end
  const sse = (body: string) => () => new Response(body, { headers: { "content-type": "text/event-stream" } })

  it.effect("of a message", () =>
    Effect.gen(function*() {
      assert.strictEqual(textOf(yield* create), "Hello")
    }).pipe(Effect.provide(overNothing(ok))))

  it.effect("of a value", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const value = yield* claude.messages.object({ ...params, schema: Schema.Struct({ city: Schema.String }) })
      assert.deepStrictEqual(value, { city: "Oslo" })
    }).pipe(Effect.provide(overNothing(() => Response.json(answer(`{"city":"Oslo"}`))))))

  it.effect("of a parsed message", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      assert.strictEqual((yield* claude.messages.parse(params)).parsed_output, null)
    }).pipe(Effect.provide(overNothing(ok))))

  it.effect("of a list, page after page by the SDK's own cursors", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const cursors: Array<unknown> = []
      const pages = Interceptor.make({
        call: (call) => {
          const { after_id } = { ...call.params, ...call.options.query } as { readonly after_id?: string }
          cursors.push(after_id)
          const id = after_id === undefined ? "one" : "two"
          return call.answer(
            Response.json({ data: [{ id, type: "model" }], has_more: id === "one", first_id: id, last_id: id })
          )
        }
      })
      const ids = yield* claude.models.list().pipe(
        Stream.map(({ id }) => id),
        Stream.runCollect,
        Claude.withInterceptor(pages)
      )
      assert.deepStrictEqual(ids, ["one", "two"])
      assert.deepStrictEqual(cursors, [undefined, "one"])
    }).pipe(Effect.provide(over(unreached))))

  it.effect("of a stream", () =>
    Effect.gen(function*() {
      const pieces = yield* events.pipe(MessageStream.text, Stream.runCollect)
      assert.deepStrictEqual(pieces, ["Hello"])
    }).pipe(Effect.provide(overNothing(sse(frames)))))

  it.effect("of a download", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const bytes = yield* Stream.runCollect(claude.files.download("file_1"))
      assert.strictEqual(Buffer.concat(bytes).toString(), "the bytes")
    }).pipe(Effect.provide(overNothing(() => new Response("the bytes")))))

  it.effect("of the results of a batch, which are two calls", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const asked: Array<string> = []
      const batch = {
        id: "batch_1",
        type: "message_batch",
        processing_status: "ended",
        results_url: "https://x.test/r"
      }
      const answers = Interceptor.make({
        call: (call) => {
          asked.push(call.operation.name)
          return call.answer(
            call.operation.shape === "rows"
              ? new Response(`{"custom_id":"a","result":{"type":"canceled"}}\n`)
              : Response.json(batch)
          )
        }
      })
      const rows = yield* claude.messages.batches.results("batch_1").pipe(
        Stream.runCollect,
        Claude.withInterceptor(answers)
      )
      assert.deepStrictEqual(asked, ["messages.batches.retrieve", "messages.batches.results"])
      assert.deepStrictEqual(rows.map(({ custom_id }) => custom_id), ["a"])
    }).pipe(Effect.provide(over(unreached))))

  it.effect("may be an error, read as one of the API's is, and is not retried", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(create)
      assert.strictEqual(error._tag, "OverloadedError")
      assert.strictEqual(error.attempts, 0)
    }).pipe(
      Effect.provide(
        over(unreached, {
          interceptors: [answering(() => refusal(529, "overloaded_error"))],
          retry: RetryPolicy.constant(0)
        })
      )
    ))

  it.effect("of items that are decoded already", () =>
    Effect.gen(function*() {
      const original = yield* events.pipe(Stream.runCollect, Effect.provide(overNothing(sse(frames))))
      const ends: Array<unknown> = []
      const items = Interceptor.make({
        call: (call) => call.answerItems(Stream.fromIterable(original)),
        ended: (_, { _tag, attempts, usage }) => Effect.sync(() => void ends.push([_tag, attempts, usage.outputTokens]))
      })
      const message = yield* MessageStream.runMessage(events).pipe(
        Effect.provide(over(unreached, { interceptors: [items] }))
      )
      assert.strictEqual(textOf(message), "Hello")
      assert.deepStrictEqual(ends, [["Completed", 0, 7]])
    }))

  it.effect("of items is refused where the method does not stream", () =>
    Effect.gen(function*() {
      const items = Interceptor.make({ call: (call) => call.answerItems(Stream.empty) })
      const error = yield* create.pipe(
        Claude.withInterceptor(items),
        Effect.catchReason("RequestRejectedError", "Unsupported", (_, error) => Effect.succeed(error.message))
      )
      assert.include(error, "messages.create does not stream")
    }).pipe(Effect.provide(over(unreached))))

  it.effect("of one attempt, which the retry policy goes on from", () => {
    const answers = Interceptor.make({
      attempt: (attempt, next) =>
        attempt.number === 1 ? attempt.answer(refusal(529, "overloaded_error")) : next(attempt)
    })
    return Effect.gen(function*() {
      assert.strictEqual(textOf(yield* create), "Hello")
    }).pipe(Effect.provide(over(ok, { interceptors: [answers], retry: RetryPolicy.constant(0) })))
  })
})

describe("refusals", () => {
  it.effect("are RequestRejectedErrors with a reason of their own, and nothing is sent", () => {
    let sent = 0
    const ends: Array<unknown> = []
    const limit = Interceptor.make({
      call: (call) =>
        Interceptor.reject(call, {
          reason: { _tag: "LimitExceeded", name: "requests" },
          message: "Too many requests for this tenant",
          retryAfter: "2 seconds"
        }),
      ended: (_, { _tag, attempts, error }) => Effect.sync(() => void ends.push([_tag, attempts, error?._tag]))
    })
    return Effect.gen(function*() {
      const caught = yield* create.pipe(
        Effect.catchReason(
          "RequestRejectedError",
          "LimitExceeded",
          (reason, error) =>
            Effect.succeed({ name: reason.name, outcome: error.outcome, retryable: error.isRetryable, error })
        )
      )
      assert.isTrue("name" in caught)
      if (!("name" in caught)) return
      assert.strictEqual(caught.name, "requests")
      assert.strictEqual(caught.outcome, "not-executed")
      assert.isFalse(caught.retryable)
      assert.strictEqual(caught.error.operation, "messages.create")
      assert.strictEqual(sent, 0)
      assert.deepStrictEqual(ends, [["Failed", 0, "RequestRejectedError"]])
    }).pipe(Effect.provide(over(() => (sent++, ok()), { interceptors: [limit] })))
  })

  it.effect("of an attempt are not retried", () => {
    let tries = 0
    const limit = Interceptor.make({
      attempt: (attempt) => {
        tries++
        return Interceptor.reject(attempt.call, { reason: { _tag: "CircuitOpen" }, message: "The circuit is open" })
      }
    })
    return Effect.gen(function*() {
      const error = yield* Effect.flip(create)
      assert.strictEqual(error._tag, "RequestRejectedError")
      assert.strictEqual(tries, 1)
    }).pipe(Effect.provide(over(ok, { interceptors: [limit], retry: RetryPolicy.standard })))
  })
})

describe("attempts", () => {
  it.effect("may have other headers, which do not last", () => {
    const seen: Array<string | null> = []
    const marked = Interceptor.make({
      attempt: (attempt, next) => next(attempt.with({ headers: { "x-attempt": String(attempt.number) } }))
    })
    const layer = over((_, { headers }) => {
      seen.push(new Headers(headers).get("x-attempt"))
      return seen.length === 1 ? refusal(529, "overloaded_error") : ok()
    }, { interceptors: [marked], retry: RetryPolicy.constant(0) })
    return Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual(seen, ["1", "2"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("wait in their hook without using up their timeout", () => {
    const slow = Interceptor.make({ attempt: (attempt, next) => Effect.delay(next(attempt), "1 hour") })
    return Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(create)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(textOf(yield* Fiber.join(fiber)), "Hello")
    }).pipe(Effect.provide(over(ok, { interceptors: [slow], timeout: "1 second" })))
  })

  it.effect("have a scope each, closed when they fail and else when the answer has ended", () => {
    const lines: Array<string> = []
    const held = Interceptor.make({
      attempt: (attempt, next) =>
        Effect.acquireRelease(
          Effect.sync(() => void lines.push(`take ${attempt.number}`)),
          () => Effect.sync(() => void lines.push(`give ${attempt.number}`))
        ).pipe(Effect.andThen(next(attempt)))
    })
    return Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      yield* events.pipe(Stream.runForEach(({ type }) =>
        Effect.sync(() => {
          if (type === "message_stop") lines.push("message_stop")
        })
      ))
      assert.deepStrictEqual(lines, ["take 1", "give 1", "take 2", "message_stop", "give 2"])
    }).pipe(Effect.provide(simulated({ interceptors: [held], retry: RetryPolicy.constant(0) })))
  })
})

describe("trips", () => {
  it.effect("end before the next begins: a fallback around a bulkhead of one does not wait for itself", () => {
    const permits = Semaphore.makeUnsafe(1)
    const bulkhead = Interceptor.make({
      call: (call, next) =>
        Effect.acquireRelease(permits.take(1), () => permits.release(1)).pipe(Effect.andThen(next(call)))
    })
    const fallback = Interceptor.make({
      call: (call, next) => Effect.catchIf(next(call), (e) => e.isThrottling, () => next(call))
    })
    return Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      yield* Stream.runDrain(events)
      assert.strictEqual(yield* permits.take(1), 1)
    }).pipe(Effect.provide(simulated({ interceptors: [fallback, bulkhead] })))
  })

  it.effect("tell their end to onEnd, before ended", () => {
    const lines: Array<string> = []
    const listening = Interceptor.make({
      call: (call, next) =>
        call.onEnd((end) => Effect.sync(() => void lines.push(`onEnd ${end._tag}`))).pipe(Effect.andThen(next(call))),
      ended: () => Effect.sync(() => void lines.push("ended"))
    })
    return Effect.gen(function*() {
      yield* Stream.runDrain(events)
      assert.deepStrictEqual(lines, ["onEnd Completed", "ended"])
    }).pipe(Effect.provide(simulated({ interceptors: [listening] })))
  })

  it.effect("end although a hook has a defect, and the others hear of it", () => {
    const { lines, named } = journal()
    const broken = Interceptor.make({ ended: () => Effect.die(new Error("a bug of the hook")) })
    return Effect.gen(function*() {
      assert.strictEqual(textOf(yield* create), "Hello")
      assert.include(lines, "other Completed")
    }).pipe(Effect.provide(over(ok, { interceptors: [named("other"), broken] })))
  })
})

describe("a refusal for ever", () => {
  it.effect("is written as JSON, which has no infinity, and read again", () => {
    const refusing = Interceptor.make({
      call: (call) =>
        Interceptor.reject(call, {
          reason: { _tag: "LimitExceeded" },
          message: "No more",
          retryAfter: Duration.infinity
        })
    })
    return Effect.gen(function*() {
      const shown = ClaudeError.toPublic(yield* Effect.flip(create))
      const codec = Schema.fromJsonString(ClaudeError.Public)
      const read = yield* Schema.decodeEffect(codec)(yield* Schema.encodeEffect(codec)(shown))
      assert.deepStrictEqual(read.retryAfter, shown.retryAfter)
    }).pipe(Effect.provide(over(ok, { interceptors: [refusing] })))
  })
})

describe("a defect of a hook that only hears", () => {
  const broken = () => Effect.die(new Error("a bug of the hook"))

  it.effect("spares the call, and the others hear of its answer", () => {
    const heard: Array<number> = []
    const other = Interceptor.make({ answered: (_, { status }) => Effect.sync(() => void heard.push(status)) })
    return Effect.gen(function*() {
      assert.strictEqual(textOf(yield* create), "Hello")
      assert.deepStrictEqual(heard, [200])
    }).pipe(Effect.provide(over(ok, { interceptors: [Interceptor.make({ answered: broken }), other] })))
  })
})

describe("the end of a call", () => {
  interface Told {
    readonly tag: string
    readonly error: string | undefined
    readonly exit: string
    readonly attempts: number
    readonly status: number | undefined
    readonly tokens: number
  }

  const exitOf = (exit: Exit.Exit<unknown, unknown>): string =>
    Exit.isSuccess(exit) ? "success" : Cause.hasInterruptsOnly(exit.cause) ? "interrupt" : "failure"

  const telling = () => {
    const told: Array<Told> = []
    const interceptor = Interceptor.make({
      ended: (_, { _tag: tag, attempts, error, exit, response, usage }) =>
        Effect.sync(() =>
          void told.push({
            tag,
            error: error?._tag,
            exit: exitOf(exit),
            attempts,
            status: response?.status,
            tokens: usage.outputTokens
          })
        )
    })
    return { told, interceptor }
  }

  const one = (change: Partial<Told>): ReadonlyArray<Told> => [
    { tag: "Completed", error: undefined, exit: "success", attempts: 1, status: 200, tokens: 7, ...change }
  ]

  it.effect("success", () => {
    const { interceptor, told } = telling()
    return Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual(told, one({}))
    }).pipe(Effect.provide(over(ok, { interceptors: [interceptor] })))
  })

  it.effect("failure", () => {
    const { interceptor, told } = telling()
    return Effect.gen(function*() {
      yield* Effect.exit(create)
      assert.deepStrictEqual(
        told,
        one({ tag: "Failed", error: "OverloadedError", exit: "failure", attempts: 3, status: 529, tokens: 0 })
      )
    }).pipe(
      Effect.provide(
        over(() => refusal(529, "overloaded_error"), {
          interceptors: [interceptor],
          retry: RetryPolicy.constant(0).pipe(Schedule.upTo({ times: 2 }))
        })
      )
    )
  })

  it.effect("interruption", () => {
    const { interceptor, told } = telling()
    const asked = signal()
    return Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(create)
      yield* asked.told
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(told, one({ tag: "Cancelled", exit: "interrupt", status: undefined, tokens: 0 }))
    }).pipe(
      Effect.provide(
        over(() => (asked.tell(), new Promise<Response>(() => undefined)), { interceptors: [interceptor] })
      )
    )
  })

  const served = (write: (response: Parameters<Parameters<typeof claudeServedBy>[0]>[0]["response"]) => void) =>
    Effect.gen(function*() {
      const { interceptor, told } = telling()
      const { claude } = yield* claudeServedBy(({ response }) => write(response), { interceptors: [interceptor] })
      return { told, stream: claude.messages.stream(params) }
    })

  it.effect("a stream to its end", () =>
    Effect.gen(function*() {
      const { stream, told } = yield* served((response) => response.end(start + open + say("Hi") + end))
      yield* Stream.runDrain(stream)
      assert.deepStrictEqual(told, one({}))
    }))

  it.effect("a stream whose reader stops at message_stop: complete, by what has arrived", () =>
    Effect.gen(function*() {
      const { stream, told } = yield* served((response) => response.write(start + open + say("Hi") + end))
      yield* stream.pipe(Stream.takeUntil(({ type }) => type === "message_stop"), Stream.runDrain)
      assert.deepStrictEqual(told, one({}))
    }))

  it.effect("Stream.take: cancelled where more was to come", () =>
    Effect.gen(function*() {
      const { stream, told } = yield* served((response) => response.write(start + open + say("Hi")))
      yield* stream.pipe(Stream.take(1), Stream.runDrain)
      assert.deepStrictEqual(told, one({ tag: "Cancelled", tokens: 1 }))
    }))

  it.effect("a consumer that fails: cancelled, with its exit", () =>
    Effect.gen(function*() {
      const { stream, told } = yield* served((response) => response.write(start + open + say("Hi")))
      yield* stream.pipe(Stream.runForEach(() => Effect.fail("the consumer")), Effect.exit)
      assert.deepStrictEqual(told, one({ tag: "Cancelled", exit: "failure", tokens: 1 }))
    }))

  it.effect("a stream that is cut", () =>
    Effect.gen(function*() {
      const { stream, told } = yield* served((response) => response.end(start + open + say("Hi")))
      yield* Effect.exit(Stream.runDrain(stream))
      assert.deepStrictEqual(told, one({ tag: "Failed", error: "StreamInterruptedError", exit: "failure", tokens: 1 }))
    }))

  it.effect("a stream whose reader is interrupted", () =>
    Effect.gen(function*() {
      const reading = signal()
      const { stream, told } = yield* served((response) => response.write(start + open + say("Hi")))
      const fiber = yield* Effect.forkChild(
        stream.pipe(Stream.runForEach(({ type }) =>
          Effect.sync(() => {
            if (type === "content_block_delta") reading.tell()
          })
        ))
      )
      yield* reading.told
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(told, one({ tag: "Cancelled", exit: "interrupt", tokens: 1 }))
    }))

  it.effect("a stream that nobody reads", () =>
    Effect.gen(function*() {
      const { stream, told } = yield* served((response) => response.write(start + open + say("Hi")))
      yield* Effect.scoped(Effect.flatMap(Stream.toPull(stream), (pull) => pull))
      assert.deepStrictEqual(told, one({ tag: "Cancelled", tokens: 1 }))
    }))

  it.effect("a stream that is made and never run is no call", () =>
    Effect.gen(function*() {
      const { told } = yield* served((response) => response.end())
      assert.deepStrictEqual(told, [])
    }))

  it.effect("a download that breaks", () =>
    Effect.gen(function*() {
      const { interceptor, told } = telling()
      const body = new ReadableStream({
        start: (controller) => {
          controller.enqueue(new Uint8Array(3))
          controller.error(new Error("cut"))
        }
      })
      yield* Effect.flatMap(Claude.Claude, (claude) => Effect.exit(Stream.runDrain(claude.files.download("file_1"))))
        .pipe(
          Effect.provide(over(() => new Response(body), { interceptors: [interceptor] }))
        )
      assert.deepStrictEqual(told, one({ tag: "Failed", error: "StreamInterruptedError", exit: "failure", tokens: 0 }))
    }))
})
