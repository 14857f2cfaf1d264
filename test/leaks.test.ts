/** Secrets through every way in, and a search for them in every way out. */
import { Anthropic } from "@anthropic-ai/sdk"
import { Cassette, Simulator, TestClaude } from "@effect-claude/testing"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Redacted, Stream } from "effect"
import { Claude, ClaudeClient } from "effect-claude"
import { join } from "node:path"
import { inspect } from "node:util"
import { answers, echoing } from "./support/echo.ts"
import { foreign } from "./support/hosts.ts"
import {
  cookieSecret,
  everythingOf,
  leaksIn,
  secret,
  shortSecret,
  type Shown,
  shownOf,
  shownOfExit
} from "./support/leaks.ts"
import { hello } from "./support/simulated.ts"
import { file, managed, plain, redacted, saying, type Way, ways, withTool } from "./support/waysIn.ts"

/** The calls of a way. */
const callsOf = ({ options = {}, params = hello }: Pick<Way, "options" | "params">) =>
  Effect.gen(function*() {
    const claude = yield* Claude.Claude
    const { use } = yield* ClaudeClient.ClaudeClient
    const { retry: _, timeout: __, idleTimeout: ___, headers = {}, ...rest } = options
    const opened = Object.entries(headers).map(([name, value]) => [
      name,
      Redacted.isRedacted(value) ? Redacted.value(value) : value
    ])
    return {
      create: claude.messages.create(params, options),
      stream: Stream.runDrain(claude.messages.stream(params, options)),
      results: Stream.runDrain(claude.messages.batches.results("b", {}, options)),
      use: use((client, more) =>
        client.post("/v1/messages", { body: params, ...rest, headers: Object.fromEntries(opened), ...more })
      ),
      unwrap: claude.beta.webhooks.unwrap("{}", {
        headers: { "webhook-id": "a", "webhook-signature": "v1,a", "webhook-timestamp": "1" },
        key: redacted("webhook of a call")
      })
    }
  })

const few = ["error 400", "error 401", "a page that says success", "a broken event", "a redirect", "results elsewhere"]

/** Calls that meet every kind of answer. Gives all that their ends show, and what the parts show of themselves. */
const attack = (way: Way, server: Effect.Success<ReturnType<typeof echoing>>) =>
  Effect.gen(function*() {
    const calls = yield* callsOf(way)
    const ends: Array<Shown> = []
    for (const name of way.isVariant === true ? few : Object.keys(answers)) {
      yield* server.answer(name)
      for (const call of Object.values(calls)) {
        ends.push(...yield* shownOfExit(yield* Effect.exit<unknown, unknown, never>(call)))
      }
    }
    const service = yield* ClaudeClient.ClaudeClient
    const parts = [yield* Claude.Claude, service, service.use, yield* Effect.context<never>()]
    return [...ends, ...parts.flatMap((part) => shownOf("a service", part))]
  })

describe("a secret that came by", () => {
  it.effect.each(ways)("$name is shown nowhere", (way) =>
    Effect.gen(function*() {
      const other = yield* foreign
      const server = yield* echoing(other.url, way.grant)
      const shown = yield* everythingOf(Effect.provide(attack(way, server), way.layer(server)))
      assert.isAbove(shown.length, 300)
      assert.isAbove(server.received.length, 10)
      assert.deepStrictEqual(leaksIn(shown, [...way.secrets, "webhook of a call"]), [])
      assert.deepStrictEqual([other.connections(), other.received.length], [0, 0])
    }))

  it.effect("a plain client is found by the search", () =>
    Effect.gen(function*() {
      const server = yield* echoing("http://127.0.0.1:1")
      const client = new Anthropic({ apiKey: secret("key"), baseURL: server.url, logLevel: "debug", maxRetries: 0 })
      const shown = yield* everythingOf(Effect.gen(function*() {
        const error = yield* Effect.flip(
          Effect.tryPromise({ try: () => client.messages.create(hello), catch: (_) => _ })
        )
        return shownOf("an error", error)
      }))
      const leaks = leaksIn(shown, ["key"])
      assert.isTrue(leaks.some((leak) => leak.startsWith("key in an error")))
      assert.isTrue(leaks.some((leak) => leak.startsWith("key in console.")))
    }))
})

it.effect("the key of a webhook is shown nowhere once it was used", () =>
  Effect.gen(function*() {
    const server = yield* echoing("http://127.0.0.1:1")
    const shown = yield* everythingOf(
      Effect.gen(function*() {
        const { create, unwrap } = yield* callsOf({ params: saying("webhook of a call") })
        const first = yield* Effect.exit(unwrap)
        return [...yield* shownOfExit(first), ...yield* shownOfExit(yield* Effect.exit(create))]
      }).pipe(Effect.provide(managed({ apiKey: redacted("key") })(server)))
    )
    assert.strictEqual(server.received.length, 1)
    assert.deepStrictEqual(leaksIn(shown, ["webhook of a call"]), [])
  }))

describe("half a secret", () => {
  it.effect("is not left where a large body is cut", () =>
    Effect.gen(function*() {
      for (const type of ["text/plain", "application/json"]) {
        // At the cut of a body, of a message, of a snippet, and of what is looked at for a message.
        for (const size of [64 * 1024, 8 * 1024, 500, 2 * (8 + 16) * 1024, 2 * (64 + 16) * 1024]) {
          const text = `${"x".repeat(size - 20)}${secret("key")}${"y".repeat(100_000)}`
          const body = type === "text/plain"
            ? text
            : JSON.stringify({ error: { message: text, type: text }, more: text })
          const fetch = () => Promise.resolve(new Response(body, { status: 400, headers: { "content-type": type } }))
          const { messages } = yield* Effect.provide(
            Claude.Claude,
            Claude.layer({ ...plain, apiKey: redacted("key"), fetch })
          )
          const error = yield* Effect.flip(messages.create(hello))
          const shown = [inspect(error, { depth: Infinity, maxStringLength: null }), JSON.stringify(error)]
          const half = secret("key").slice(0, 12)
          assert.isFalse(shown.some((text) => text.includes(half)), `${type} ${size}`)
        }
      }
    }))
})

describe("secrets of many calls at once", () => {
  it.effect("are shown to none of them", () =>
    Effect.gen(function*() {
      const names = Array.from({ length: 100 }, (_, index) => `of user ${index}`)
      const arrived = Promise.withResolvers<void>()
      let waiting = 0
      const fetch: typeof globalThis.fetch = async (_, init) => {
        if (++waiting === names.length) arrived.resolve()
        await arrived.promise
        const message = new Headers(init?.headers).get("x-user-pass")
        return Response.json({ type: "error", error: { type: "invalid_request_error", message } }, { status: 400 })
      }
      const shown = yield* everythingOf(
        Effect.gen(function*() {
          const claude = yield* Claude.Claude
          const ends = yield* Effect.forEach(
            names,
            (name) =>
              Effect.flatMap(
                Effect.exit(claude.messages.create(hello, { headers: { "x-user-pass": redacted(name) } })),
                shownOfExit
              ),
            { concurrency: "unbounded" }
          )
          return ends.flat()
        }).pipe(Effect.provide(Claude.layer({ ...plain, apiKey: redacted("key"), fetch })))
      )
      assert.isAbove(shown.length, 1000)
      assert.deepStrictEqual(leaksIn(shown, names), [])
    }))
})

describe("a secret of less than eight characters", () => {
  it.effect("is shown under no name that says that it is one", () =>
    Effect.gen(function*() {
      const way: Way = {
        name: "short",
        secrets: [],
        layer: managed({
          apiKey: Redacted.make("sk-ant-of-nobody"),
          headers: { "x-team": Redacted.make(shortSecret) }
        }),
        options: {
          headers: { "x-colour": Redacted.make(shortSecret), "x-api-key": shortSecret },
          query: { api_key: shortSecret }
        }
      }
      const other = yield* foreign
      const server = yield* echoing(other.url)
      const shown = yield* everythingOf(Effect.provide(attack(way, server), way.layer(server)))
      const leaks = shown.flatMap(({ out, text }) => {
        const index = text.indexOf(shortSecret)
        return index < 0 ? [] : [`${out}: ${text.slice(Math.max(0, index - 80), index + 20)}`]
      })
      assert.deepStrictEqual([...new Set(leaks)], [])
    }))
})

const readText = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(path)).pipe(
    Effect.provide(NodeFileSystem.layer),
    Effect.orDie
  )

describe("a cassette", () => {
  it.effect("on the disk holds no secret, in requests, answers and what they repeat", () =>
    Effect.gen(function*() {
      const other = yield* foreign
      const server = yield* echoing(other.url)
      const path = join(yield* file(""), "../cassettes/it.json")
      const way: Way = {
        name: "recorded",
        secrets: ["key", "gateway", "of a call", "cookie", "named", "of a tool", "query"],
        layer: (home) =>
          Cassette.layer({
            ...plain,
            file: path,
            mode: "record",
            apiKey: redacted("key"),
            baseURL: home.url,
            headers: { "x-team": redacted("gateway") },
            secrets: [redacted("named")]
          }),
        options: {
          headers: {
            "x-colour": redacted("of a call"),
            cookie: `session=${cookieSecret("cookie")}`
          },
          query: { api_key: secret("query") }
        },
        params: { ...hello, messages: [{ role: "user", content: secret("named") }], ...withTool }
      }
      yield* everythingOf(Effect.provide(
        Effect.gen(function*() {
          const calls = yield* callsOf(way)
          for (const name of Object.keys(answers)) {
            yield* server.answer(name)
            for (const call of [calls.create, calls.stream]) yield* Effect.exit(call)
          }
          return []
        }),
        Layer.fresh(way.layer(server))
      ))
      const text = yield* readText(path)
      assert.isAbove(text.length, 10_000)
      assert.deepStrictEqual(leaksIn([{ out: "the file", text }], way.secrets), [])
      assert.notInclude(text, shortSecret)
    }))

  it.effect("holds no token of an answer that a later request carries as a header", () =>
    Effect.gen(function*() {
      const path = join(yield* file(""), "../cassettes/it.json")
      const token = secret("of an answer")
      const fetch = () =>
        Promise.resolve(Response.json({ type: "model", id: token, display_name: encodeURIComponent(token) }))
      const program = Effect.gen(function*() {
        const { models } = yield* Claude.Claude
        const { id } = yield* models.retrieve("first")
        return yield* models.retrieve("second", {}, { headers: { "x-session-token": id } })
      })
      yield* Effect.provide(
        program,
        Layer.fresh(Cassette.layer({ file: path, mode: "record", apiKey: Redacted.make("sk-ant-of-nobody"), fetch }))
      )
      const text = yield* readText(path)
      assert.include(text, "/v1/models/second")
      assert.deepStrictEqual(leaksIn([{ out: "the file", text }], ["of an answer"]), [])
    }))
})

describe("a journal", () => {
  it.effect("of the simulator holds no secret header, key or secret field", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const { create } = yield* callsOf({
        options: {
          headers: { "x-colour": redacted("of a call"), cookie: `session=${cookieSecret("cookie")}` },
          query: { api_key: secret("query") }
        },
        params: { ...hello, ...withTool }
      })
      yield* Effect.exit(create)
      const journal = yield* simulator.journal
      assert.strictEqual(journal.length, 1)
      assert.property(journal[0]?.headers, "x-team")
      const shown = [...shownOf("the journal", journal), ...shownOf("the journal as JSON", JSON.stringify(journal))]
      assert.deepStrictEqual(leaksIn(shown, ["team", "of a call", "cookie", "query", "of a tool", "key"]), [])
    }).pipe(
      Effect.provide(Layer.provideMerge(
        Claude.layerClient,
        Simulator.layerClient({ apiKey: redacted("key"), headers: { "x-team": redacted("team") } })
      ))
    ))

  it.effect("of TestClaude shows no header that was given as a secret", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* claude.messages.create(hello, { headers: { "x-colour": redacted("of a call") } })
      const calls = yield* TestClaude.calls
      assert.strictEqual(calls.length, 1)
      const shown = [...shownOf("calls", calls), ...shownOf("calls as JSON", JSON.stringify(calls))]
      assert.deepStrictEqual(leaksIn(shown, ["of a call"]), [])
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: TestClaude.reply("Hello") } }))))
})
