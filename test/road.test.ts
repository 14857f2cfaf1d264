/** The road of a call: what is sent again, what was sent at all, and what a client may be. */
import type Anthropic from "@anthropic-ai/sdk"
import type { BaseAnthropic } from "@anthropic-ai/sdk/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule, Schema, Stream } from "effect"
import { Claude, ClaudeClient, ClaudeError, RetryPolicy, Transport } from "effect-claude"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { createServer as createTcpServer } from "node:net"
import type { AddressInfo } from "node:net"
import { Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import { over, sdkOver } from "./support/every.ts"
import { json, refusal, withServer } from "./support/server.ts"
import { hello } from "./support/simulated.ts"
import { claudeServedBy, end, open, say, start } from "./support/wire.ts"

const retry = RetryPolicy.constant(0).pipe(RetryPolicy.whileRetryable, Schedule.upTo({ times: 6 }))

const create = Effect.flatMap(Claude.Claude, (claude) => claude.messages.create(hello))

const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [],
  stop_reason: "end_turn",
  usage: { input_tokens: 1, output_tokens: 1 }
}

describe("an upload that can be read once", () => {
  const content = "the content of the file"

  /** A server that limits the first request, and keeps the bodies. */
  const uploading = (
    use: (claude: Claude.Service) => Effect.Effect<unknown, ClaudeError.ClaudeError>,
    options = {}
  ) => {
    const bodies: Array<Promise<Buffer>> = []
    return Effect.gen(function*() {
      const server = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const server = createServer((request: IncomingMessage, response) => {
            bodies.push(buffer(request))
            const isFirst = bodies.length === 1
            void bodies.at(-1)?.then(() =>
              json(
                response,
                isFirst ? 429 : 200,
                isFirst ? refusal("rate_limit_error") : { id: "file_1", type: "file", filename: "a.txt" }
              )
            )
          }).listen(0, "127.0.0.1")
          await once(server, "listening")
          return server
        }),
        (server) => Effect.sync(() => server.close().closeAllConnections())
      )
      const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      yield* Effect.flatMap(Claude.Claude, use).pipe(
        Effect.provide(Claude.layer({ apiKey: Redacted.make("sk-test"), baseURL, retry, ...options }))
      )
      return (yield* Effect.promise(() => Promise.all(bodies))).map(String)
    })
  }

  /** Without what each form says of its own: the boundary between its parts. */
  const parts = (body: string) => body.replaceAll(/^--[-\w]+\r?$/gm, "--")

  const named = <A extends object>(value: A, path: string): A => Object.assign(value, { path })

  it.effect.each([
    { what: "a Node stream", file: () => named(Readable.from([Buffer.from(content)]), "folder/a.txt") },
    { what: "a Response", file: () => new Response(content, { headers: { "content-type": "text/plain" } }) },
    { what: "a web stream", file: () => named(new Response(content).body ?? assert.fail(), "a.txt") }
  ])("$what is sent again as it was", ({ file }) =>
    Effect.gen(function*() {
      const [first = "", second = "", ...more] = yield* uploading((claude) =>
        claude.files.upload({ file: file() as Response })
      )
      assert.include(first, content)
      assert.strictEqual(parts(second), parts(first))
      assert.lengthOf(more, 0)
    }))

  it.effect("is sent under the name that the SDK would give it", () =>
    Effect.gen(function*() {
      const [first = ""] = yield* uploading((claude) =>
        claude.files.upload({ file: named(Readable.from([content]), "folder/a.txt") as never })
      )
      assert.include(first, `filename="a.txt"`)
    }))

  it.effect("may be one of several, in a list", () =>
    Effect.gen(function*() {
      const bodies = yield* uploading((claude) =>
        claude.beta.skills.create({
          files: ["one", "two"].map((name) => named(Readable.from([name]), `skill/${name}.md`) as never)
        }).pipe(Effect.catchTag("InvalidResponseError", () => Effect.void))
      )
      assert.lengthOf(bodies, 2)
      for (const body of bodies) {
        assert.include(body, `filename="skill/one.md"`)
        assert.include(body, `filename="skill/two.md"`)
      }
    }))

  it.effect("that was read already is refused by name, and nothing is sent", () => {
    const used = new Response(content)
    let sent = 0
    return Effect.gen(function*() {
      yield* Effect.promise(() => used.text())
      const claude = yield* Claude.Claude
      const error = yield* Effect.flip(claude.files.upload({ file: used }))
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.strictEqual(error.param, "file")
      assert.strictEqual(error.outcome, "not-executed")
      assert.strictEqual(sent, 0)
    }).pipe(Effect.provide(over(() => (sent++, Response.json({})))))
  })
})

describe("givenUp", () => {
  const overloaded = () => Response.json(refusal("overloaded_error"), { status: 529 })

  it.effect("keeps loops from multiplying: a retry around a call whose layer retries 6 times makes 7 requests", () => {
    let sent = 0
    return Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.retry(create, retry))
      assert.isTrue(ClaudeError.isClaudeError(error) && error.givenUp)
      assert.strictEqual(sent, 7)
    }).pipe(Effect.provide(over(() => (sent++, overloaded()), { retry })))
  })

  it.effect("leaves a loop of the caller's alone where the call has none", () => {
    let sent = 0
    return Effect.gen(function*() {
      yield* Effect.flip(Effect.retry(create, retry))
      assert.strictEqual(sent, 7)
    }).pipe(Effect.provide(over(() => (sent++, overloaded()))))
  })

  it.effect("is not encoded: what comes back from JSON may be retried", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(create)
      const encoded = yield* Schema.encodeEffect(Schema.toCodecJson(ClaudeError.ClaudeError))(error)
      const decoded = yield* Schema.decodeEffect(Schema.toCodecJson(ClaudeError.ClaudeError))(encoded)
      assert.isTrue(error.givenUp)
      assert.isFalse(decoded.givenUp)
    }).pipe(Effect.provide(over(overloaded, { retry }))))
})

describe("what was sent", () => {
  const failing = (
    options: { readonly middleware: NonNullable<ConstructorParameters<typeof Anthropic>[0]>["middleware"] }
  ) =>
    Effect.flip(create).pipe(
      Effect.provide(
        Claude.layerClient.pipe(
          Layer.provide(ClaudeClient.layerSdk(sdkOver(() => Response.json(message)).withOptions(options)))
        )
      )
    )

  it.effect("is nothing where a middleware throws before it lets the request through", () =>
    Effect.gen(function*() {
      const error = yield* failing({ middleware: [() => Promise.reject(new Error("no"))] })
      assert.strictEqual(error.outcome, "not-executed")
    }))

  it.effect("is unknown where it throws afterwards", () =>
    Effect.gen(function*() {
      const error = yield* failing({
        middleware: [async (request, next) => {
          await next(request)
          throw new Error("no")
        }]
      })
      assert.strictEqual(error.outcome, "unknown")
    }))

  it.effect("is known where a middleware makes a request of its own", () =>
    Effect.gen(function*() {
      const error = yield* failing({
        middleware: [async ({ body, headers, method, url }, next) => {
          await next({ body, headers, method, url } as never)
          throw new Error("no")
        }]
      })
      assert.strictEqual(error.outcome, "unknown")
    }))

  it.effect("is unknown for a client whose fetch is out of reach", () => {
    const client = {
      messages: { create: () => ({ asResponse: () => Promise.reject(new Error("no")) }) },
      timeout: 1000
    }
    return Effect.gen(function*() {
      const error = yield* Effect.flip(create)
      assert.strictEqual(error.outcome, "unknown")
    }).pipe(Effect.provide(overClient(client as unknown as BaseAnthropic)))
  })

  const overClient = (client: BaseAnthropic) => Claude.layerClient.pipe(Layer.provide(ClaudeClient.layerSdk(client)))
})

describe("connections", () => {
  it.effect("a stream attempt that fails after its headers gives its connection up before the next one", () =>
    Effect.gen(function*() {
      let first: ServerResponse | undefined
      const { claude } = yield* claudeServedBy(({ response }) => {
        // The second answer ends once the first connection is closed.
        const answer = () => response.end(start + open + say("Hi") + end)
        if (first?.closed === true) return answer()
        if (first !== undefined) return first.on("close", answer)
        first = response
        return response.write(`event: error\ndata: ${JSON.stringify(refusal("overloaded_error"))}\n\n`)
      }, { retry })
      yield* Stream.runDrain(claude.messages.stream(hello))
    }))

  /** How often a server of bytes is connected to by a call that keeps failing. */
  const connectionsTo = (
    answer: string,
    scheme: "http" | "https"
  ): Effect.Effect<{ readonly error: ClaudeError.ClaudeError; readonly count: number }> =>
    Effect.scoped(Effect.gen(function*() {
      let count = 0
      const server = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const server = createTcpServer((socket) => {
            count++
            socket.on("error", () => undefined).on("data", () => socket.end(answer))
          }).listen(0, "127.0.0.1")
          await once(server, "listening")
          return server
        }),
        (server) => Effect.sync(() => server.close())
      )
      const baseURL = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
      const error = yield* Effect.flip(create).pipe(
        Effect.provide(Claude.layer({ apiKey: Redacted.make("sk-test"), baseURL, retry })),
        Effect.orDie
      )
      return { error: error as ClaudeError.ClaudeError, count }
    }))

  it.effect("a server that does not speak TLS is not tried again: nothing was sent", () =>
    Effect.gen(function*() {
      const { count, error } = yield* connectionsTo("not tls", "https")
      assert.strictEqual(count, 1)
      assert.isFalse(error.isRetryable)
      assert.strictEqual(error.outcome, "not-executed")
    }))

  it.effect("a server that does not speak HTTP is not tried again", () =>
    Effect.gen(function*() {
      const { count, error } = yield* connectionsTo("SSH-2.0-OpenSSH_9.2\r\n", "http")
      assert.strictEqual(count, 1)
      assert.isFalse(error.isRetryable)
      assert.strictEqual(error.outcome, "unknown")
    }))
})

describe("a client", () => {
  const use: ClaudeClient.Service["use"] = () => Effect.die(new Error("not used"))

  it.effect("may be written by hand: a client of the SDK, and `use`", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* create).id, "msg_1")
    }).pipe(
      Effect.provide(
        Claude.layerClient.pipe(
          Layer.provide(
            Layer.succeed(ClaudeClient.ClaudeClient, { client: sdkOver(() => Response.json(message)), use })
          )
        )
      )
    ))

  it.effect("takes its fetch from the transport in its surroundings", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* create).id, "msg_1")
    }).pipe(
      Effect.provide(
        Claude.layer({ apiKey: Redacted.make("sk-test") }).pipe(
          Layer.provide(Transport.layer(() => Promise.resolve(Response.json(message))))
        )
      )
    ))

  it.effect("prefers the fetch of its settings to the transport", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* create).id, "msg_1")
    }).pipe(
      Effect.provide(
        over(() => Response.json(message)).pipe(
          Layer.provide(Transport.layer(() => Promise.reject(new Error("the transport was used"))))
        )
      )
    ))

  it.effect("keeps what is spread out of it: a replaced client is still the one that is called", () =>
    withServer((_, response) => json(response, 200, message), (claude) =>
      Effect.gen(function*() {
        const { create } = { ...claude.messages }
        assert.strictEqual((yield* create(hello)).id, "msg_1")
      })))
})

describe("the console", () => {
  const warned = { ...hello, model: "claude-sonnet-4-5" }

  it.effect("is left alone where the SDK warns of nothing", () => {
    const { console } = globalThis
    const descriptor = Object.getOwnPropertyDescriptor(console, "warn") ?? assert.fail()
    let writes = 0
    const { warn } = console
    Object.defineProperty(console, "warn", {
      configurable: true,
      get: () => warn,
      set: () => {
        writes++
      }
    })
    return create.pipe(
      Effect.provide(over(() => Response.json(message))),
      Effect.andThen(Effect.sync(() => assert.strictEqual(writes, 0))),
      Effect.ensuring(Effect.sync(() => Object.defineProperty(console, "warn", descriptor)))
    )
  })

  it.effect("may be frozen: the call works, and the warning goes where it can", () => {
    const original = globalThis.console
    const lines: Array<unknown> = []
    const frozen = Object.freeze({ ...original, warn: (line: unknown) => void lines.push(line) })
    return Effect.gen(function*() {
      const claude = yield* Claude.Claude
      assert.strictEqual((yield* claude.messages.create(warned)).id, "msg_1")
      assert.lengthOf(lines, 1)
    }).pipe(
      Effect.provide(over(() => Response.json(message))),
      (test) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            globalThis.console = frozen
          }),
          () => test,
          () =>
            Effect.sync(() => {
              globalThis.console = original
            })
        )
    )
  })
})
