import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Redacted, Schema } from "effect"
import { Claude } from "effect-claude"
import { Buffer } from "node:buffer"
import { Cassette } from "../src/index.ts"
import { Scrubber } from "../src/internal/scrubber.ts"
import { cassetteFile, create, environment, readText, recording, replaying, streamOf } from "./cassettes.ts"
import { hello } from "./client.ts"

/** Different in JSON and in a URL. */
const secret = "sk-ant-api03-\"known\"/secret+key=="
const key = "sk-ant-api03-a-plain-key-0123456789"
const requestId = "req_011CSHoEeqs5C35K2UUqR7Fy"

/** With what every message has. */
const answering = (body: object, headers: Record<string, string> = {}): typeof globalThis.fetch => () =>
  Promise.resolve(Response.json({ content: [], stop_reason: "end_turn", ...body }, { headers }))

/** What the file holds after a call that is answered by `fetch`. */
const recorded = (options: Partial<Cassette.Options>, content = "Hello") =>
  Effect.gen(function*() {
    const file = yield* cassetteFile
    yield* Effect.provide(create(content), recording(file, options))
    return yield* readText(file)
  })

describe("the file never holds", () => {
  it.effect("the key that a request carries", () =>
    Effect.gen(function*() {
      const fetch = answering({ type: "message", echo: key })
      assert.notInclude(yield* recorded({ fetch, apiKey: Redacted.make(key) }, `My key is ${key}!`), key)
    }))

  it.effect("the key of the environment", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      yield* create(key).pipe(
        Effect.provide(
          Layer.provide(
            Cassette.layer({ file, fetch: answering({ type: "message", echo: key }) }),
            environment({ ANTHROPIC_API_KEY: key })
          )
        )
      )
      assert.notInclude(yield* readText(file), key)
    }))

  it.effect("a secret header, in whatever it comes back", () =>
    Effect.gen(function*() {
      const headers = { "x-team": Redacted.make(secret) }
      const fetch = answering({ type: "message", echo: secret }, { "retry-after": secret })
      const file = yield* recorded({ fetch, headers }, secret)
      assert.notInclude(file, "known")
    }))

  it.effect("a token that a provider of credentials fetched", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const fetch = answering({ type: "message", echo: key })
      const credentials = () => Promise.resolve({ token: key, expiresAt: null })
      yield* create(key).pipe(
        Effect.provide(Layer.provide(Cassette.layer({ file, fetch, credentials }), environment({})))
      )
      assert.notInclude(yield* readText(file), key)
    }))

  it.effect("a secret that is named, in a path or a query", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const retrieve = Effect.flatMap(
        Claude.Claude,
        ({ models }) => models.retrieve(secret, {}, { query: { [secret]: secret } })
      )
      yield* Effect.provide(
        retrieve,
        recording(file, { fetch: answering({ type: "model" }), secrets: [Redacted.make(secret)] })
      )
      const text = yield* readText(file)
      assert.include(text, "/v1/models/<redacted>?<redacted>=<redacted>")
      assert.notInclude(text, "known")
    }))

  it.effect("a cookie of either side", () =>
    Effect.gen(function*() {
      const headers = { cookie: "session=from-the-client-0123" }
      const fetch = answering({ type: "message", echo: ["from-the-client-0123", "from-the-server-0123"] }, {
        "set-cookie": "session=from-the-server-0123; Path=/"
      })
      const file = yield* recorded({ fetch, headers })
      assert.notInclude(file, "from-the-client")
      assert.notInclude(file, "from-the-server")
    }))

  it.effect("a key in a query, however short", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const fetch = answering({ type: "model", echo: key })
      const retrieve = (value: string) =>
        Effect.flatMap(Claude.Claude, ({ models }) => models.retrieve("m", {}, { query: { key: value } }))
      yield* Effect.provide(retrieve(key), recording(file, { fetch }))
      const text = yield* readText(file)
      assert.include(text, "/v1/models/m?key=<redacted>")
      assert.notInclude(text, key)
      assert.strictEqual((yield* Effect.provide(retrieve("test"), replaying(file))).type, "model")
    }))

  it.effect("a key with a comma in it", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      yield* Effect.scoped(Effect.gen(function*() {
        const fetch = yield* Cassette.fetch({ file, mode: "record", fetch: answering({ echo: "first,second" }) })
        yield* Effect.promise(() => fetch("https://api.test/v1/models", { headers: { "x-api-key": "first,second" } }))
      }))
      assert.notInclude(yield* readText(file), "first,second")
    }))

  it.effect("a secret in any part of a form", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const upload = Effect.flatMap(
        Claude.Claude,
        ({ files }) => files.upload({ file: new File([key], `${key}.txt`, { type: `text/${key}` }) })
      )
      const fetch = answering({ id: "file_1", type: "file" })
      yield* Effect.provide(upload, recording(file, { fetch, secrets: [Redacted.make(key)] }))
      assert.notInclude(yield* readText(file), key)
    }))

  it.effect("a secret in a beta that a request asks for", () =>
    Effect.gen(function*() {
      const headers = { "anthropic-beta": key }
      const fetch = answering({ type: "message" })
      assert.notInclude(yield* recorded({ fetch, headers, secrets: [Redacted.make(key)] }), key)
    }))

  it.effect("a field that the SDK's types name as secret, however short", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const fetch = answering({ type: "message", nested: [{ signing_secret: "abc12", token: "" }] })
      const params = {
        ...hello,
        mcp_servers: [{ type: "url", url: "https://a.b", name: "a", authorization_token: "xyz1" }]
      }
      const program = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(params))
      yield* Effect.provide(program, recording(file, { fetch }))
      const text = yield* readText(file)
      assert.notInclude(text, "abc12")
      assert.notInclude(text, "xyz1")
      assert.include(text, "\"token\": \"\"")
      assert.strictEqual((yield* Effect.provide(program, replaying(file))).type, "message")
    }))

  it.effect("a secret in base64, or escaped in ways that JSON allows", () =>
    Effect.gen(function*() {
      const basic = Buffer.from(`me:${secret}`).toString("base64")
      const slashed = JSON.stringify(secret).replaceAll("/", "\\/").replaceAll("=", "\\u003d")
      const fetch: typeof globalThis.fetch = () =>
        Promise.resolve(
          new Response(
            `{"type":"message", "content":[], "stop_reason":"end_turn", "basic":"Basic ${basic}", "slashed":${slashed}}`,
            {
              headers: { "content-type": "application/json" }
            }
          )
        )
      const file = yield* recorded({ fetch, secrets: [Redacted.make(secret)] })
      assert.notInclude(file, "known")
      assert.notInclude(file, basic)
    }))

  it.effect("a token of an answer that a later request carries", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const fetch = answering({ type: "model", id: key, display_name: key })
      const program = Effect.gen(function*() {
        const { models } = yield* Claude.Claude
        const { id } = yield* models.retrieve("first")
        return yield* models.retrieve("second", {}, { headers: { "x-session-token": Redacted.make(id) } })
      })
      yield* Effect.provide(program, recording(file, { fetch }))
      assert.notInclude(yield* readText(file), key)
    }))

  it.effect("a request id, in headers or bodies", () =>
    Effect.gen(function*() {
      const error = { type: "error", error: { type: "api_error", message: `See ${requestId}` }, request_id: requestId }
      const file = yield* cassetteFile
      const fetch = () => Promise.resolve(Response.json(error, { status: 500, headers: { "request-id": requestId } }))
      yield* Effect.flip(Effect.provide(create("Hello"), recording(file, { fetch })))
      assert.notInclude(yield* readText(file), requestId)
    }))

  it.effect("a gateway's own kind of request id", () =>
    Effect.gen(function*() {
      const id = "5bd5a3a0-7c1f-4a53-8f2a-0d9a"
      const fetch = answering({ type: "message", request_id: id, echo: id }, { "request-id": id })
      assert.notInclude(yield* recorded({ fetch }), id)
    }))

  it.effect("a gateway's own kind of request id that only an error tells", () =>
    Effect.gen(function*() {
      const error = { type: "error", error: { type: "api_error", message: "No" }, request_id: "gateway-0123" }
      const file = yield* cassetteFile
      const fetch = () => Promise.resolve(Response.json(error, { status: 500 }))
      yield* Effect.flip(Effect.provide(create("Hello"), recording(file, { fetch })))
      assert.notInclude(yield* readText(file), "gateway-0123")
    }))

  it.effect("a header of the response that no client looks at", () =>
    Effect.gen(function*() {
      const fetch = answering({ type: "message" }, {
        "anthropic-organization-id": "org-0123456789",
        server: "x-server"
      })
      const file = yield* recorded({ fetch })
      assert.notInclude(file, "org-0123456789")
      assert.notInclude(file, "x-server")
    }))
})

describe("a file is not written", () => {
  const event = (text: string) => `data: ${JSON.stringify({ type: "content_block_delta", delta: { text } })}\n\n`

  it.effect.each([
    {
      what: "the events of a stream divide a secret",
      answer: () =>
        new Response(streamOf([event(key.slice(0, 20)), event(key.slice(20))]), {
          headers: { "content-type": "text/event-stream" }
        }),
      place: "exchanges.0.response.body, divided among events",
      secret: key
    },
    {
      what: "a secret stands there as a number",
      answer: () => Response.json({ type: "message", pin: 1234567890 }),
      place: "exchanges.0.response.body.json.pin",
      secret: "1234567890"
    }
  ])("where $what", ({ answer, place, secret }) =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const exit = yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
        const fetch = yield* Cassette.fetch({
          file,
          mode: "record",
          fetch: () => Promise.resolve(answer()),
          secrets: [Redacted.make(secret)]
        })
        yield* Effect.promise(() => fetch("https://api.test/v1/messages").then((response) => response.text()))
      })))
      const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      assert.instanceOf(error, Cassette.CassetteError)
      assert.propertyVal(error, "problem", "secret")
      assert.include(String(error), place)
      assert.notInclude(String(error), secret)
      assert.strictEqual((yield* Effect.exit(readText(file)))._tag, "Failure")
    }))
})

describe("the file still holds", () => {
  it.effect("what stands beside the value of a cookie", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const text = "See https://docs.anthropic.com about HttpOnly."
      const fetch = answering({ type: "message", text }, {
        "set-cookie": "__cf_bm=from-the-server-0123; path=/; expires=Wed, 21-Oct-26 07:28:00 GMT; " +
          "domain=.anthropic.com; HttpOnly; Secure; SameSite=None"
      })
      const conversation = Effect.andThen(create("Hello"), create(text))
      yield* Effect.provide(conversation, recording(file, { fetch }))
      assert.include(yield* readText(file), text)
      yield* Effect.provide(conversation, replaying(file))
    }))

  it.effect("a request that a tool is asked about", () =>
    Effect.gen(function*() {
      const input = { request_id: "order-42" }
      const fetch = answering({
        type: "message",
        content: [{ type: "tool_use", id: "toolu_1", name: "look_up", input }]
      })
      assert.include(yield* recorded({ fetch }), "order-42")
    }))

  it.effect("an id of the program's own", () =>
    Effect.gen(function*() {
      const fetch = answering({ type: "message", custom_id: "req_customer0001" })
      assert.include(yield* recorded({ fetch }), "req_customer0001")
    }))
})

it.effect("a request with a secret in it is found again with another secret", () =>
  Effect.gen(function*() {
    const file = yield* cassetteFile
    const fetch = answering({ type: "message" })
    yield* Effect.provide(create(`Use ${secret}.`), recording(file, { fetch, secrets: [Redacted.make(secret)] }))
    const another = "another-secret-0123"
    const replayed = yield* create(`Use ${another}.`).pipe(
      Effect.provide(replaying(file, { secrets: [Redacted.make(another)] }))
    )
    assert.strictEqual(replayed.type, "message")
  }))

describe("chunks", () => {
  const scrub = (...chunks: ReadonlyArray<string>) =>
    new Scrubber([secret]).chunks(chunks.map((chunk) => Buffer.from(chunk))).map((chunk) =>
      Buffer.from(chunk).toString()
    )

  it("lose a secret that they share, and keep their boundaries elsewhere", () => {
    assert.deepStrictEqual(scrub("ab", `c ${secret.slice(0, 9)}`, `${secret.slice(9)} d`, "ef"), [
      "ab",
      "c <redacted>",
      " d",
      "ef"
    ])
  })

  it("that hold nothing but a piece of a secret are gone", () => {
    assert.deepStrictEqual(scrub(...secret), ["<redacted>"])
  })

  it("lose a secret between bytes that are no text", () => {
    const bytes = Buffer.concat([Buffer.from([255, 0]), Buffer.from("geheimnis-für-alle"), Buffer.from([254])])
    const clean = Buffer.concat(new Scrubber(["geheimnis-für-alle"]).chunks([bytes]))
    assert.deepStrictEqual([...clean], [255, 0, ...Buffer.from("<redacted>"), 254])
  })

  it("stay as they are where there is nothing to take out", () => {
    assert.deepStrictEqual(scrub("Grü", "ezi ", "🌞"), ["Grü", "ezi ", "🌞"])
  })

  it.effect.prop(
    "say the same however they are cut",
    [
      Schema.Array(Schema.Union([Schema.String, Schema.Literals([secret, requestId])])),
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200 })))
    ],
    ([pieces, cuts]) =>
      Effect.sync(() => {
        const text = pieces.join("").toWellFormed()
        const bytes = Buffer.from(text)
        const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length]
        const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
        const scrubber = new Scrubber([secret])
        assert.strictEqual(Buffer.concat(scrubber.chunks(chunks)).toString(), scrubber.text(text))
      }),
    { arbitrary: { seed: 1 } }
  )
})
