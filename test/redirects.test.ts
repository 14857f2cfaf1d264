/** No redirect and no answer leads a request to another host. */
import { Anthropic, type Middleware } from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule, Stream } from "effect"
import { Claude, ClaudeClient, type ClaudeConfig, type ClaudeError, RetryPolicy } from "effect-claude"
import { foreign, type Host, host } from "./support/hosts.ts"
import { json } from "./support/server.ts"
import { hello } from "./support/simulated.ts"

const options = (home: Host): ClaudeConfig.Options => ({
  apiKey: Redacted.make("sk-ant-key-0123456789"),
  baseURL: home.url,
  headers: { "x-gateway-token": Redacted.make("gateway-0123456789"), "x-team": "blue" },
  // Whatever can be repeated is.
  retry: RetryPolicy.exponential({ base: 0 }).pipe(RetryPolicy.whileRetryable, Schedule.upTo({ times: 4 }))
})

const managed = (home: Host, more: ClaudeConfig.Options = {}) => Claude.layer({ ...options(home), ...more })

const brought = (home: Host, defaults: ClaudeClient.Defaults = {}) =>
  Layer.provideMerge(
    Claude.layerClient,
    ClaudeClient.layerSdk(
      new Anthropic({
        apiKey: "sk-ant-key-0123456789",
        baseURL: home.url,
        defaultHeaders: { "x-gateway-token": "gateway-0123456789" }
      }),
      { retry: options(home).retry, ...defaults }
    )
  )

/** How a call over a client ends, which is not well. */
const failureOf = <E>(call: Call | undefined, layer: Layer.Layer<Claude.Claude | ClaudeClient.ClaudeClient, E>) =>
  Effect.scoped(
    Effect.flatMap(
      Effect.orDie(Layer.build(layer)),
      (context) => Effect.flip(Effect.provide(call ?? Effect.die("no such call"), context))
    )
  )

type Call = Effect.Effect<unknown, ClaudeError.ClaudeError, Claude.Claude | ClaudeClient.ClaudeClient>

const withClaude = (f: (claude: Claude.Methods) => Call): Call => Effect.flatMap(Claude.Claude, f)

const withClient = (f: (client: Anthropic, options: ClaudeClient.UseOptions) => PromiseLike<unknown>): Call =>
  Effect.flatMap(ClaudeClient.ClaudeClient, ({ use }) => use((client, options) => f(client as Anthropic, options)))

const requests = [{ custom_id: "a", params: hello }]

const calls: Readonly<Record<string, Call>> = {
  "messages.create": withClaude(({ messages }) => messages.create(hello)),
  "messages.stream": withClaude(({ messages }) => Stream.runDrain(messages.stream(hello))),
  "messages.batches.create": withClaude(({ messages }) => messages.batches.create({ requests })),
  "models.list": withClaude(({ models }) => Stream.runDrain(models.list())),
  "files.upload": withClaude(({ files }) => files.upload({ file: new File(["text"], "a.txt") })),
  "files.download": withClaude(({ files }) => Stream.runDrain(files.download("file_1"))),
  use: withClient((client, options) => client.post("/v1/messages", { body: hello, ...options })),
  "use, with a copy of the client": withClient((client, options) =>
    client.withOptions({ timeout: 1000 }).messages.create(hello, options)
  ),
  "use, with a copy that has a fetch of its own": withClient((client, options) =>
    client.withOptions({ fetch: (input, init) => fetch(input, init) }).messages.create(hello, options)
  )
}

const layers = { managed, brought }

describe.each(Object.keys(layers) as ReadonlyArray<keyof typeof layers>)("a %s client", (kind) => {
  it.effect.each(
    [301, 302, 303, 307, 308].flatMap((status) => Object.keys(calls).map((name) => ({ status, name })))
  )("follows no $status after $name", ({ name, status }) =>
    Effect.gen(function*() {
      const other = yield* foreign
      const home = yield* host((_, response) => {
        response.writeHead(status, { location: `${other.url}/v1/stolen?a=b`, "x-should-retry": "true" }).end()
      })
      const error = yield* failureOf(calls[name], layers[kind](home))
      assert.strictEqual(error._tag, "UnexpectedStatusError")
      assert.include(error.message, other.host)
      assert.notInclude(error.message, "stolen")
      assert.strictEqual(error.outcome, "unknown")
      assert.isFalse(error.isRetryable)
      assert.strictEqual(home.received.length, 1)
      assert.deepStrictEqual([other.connections(), other.received.length], [0, 0])
    }))

  it.effect.each(["beta.messages.batches.results", "messages.batches.results", "use", "use, with a copy"])(
    "gets no results from where %s is sent by an answer",
    (name) =>
      Effect.gen(function*() {
        const other = yield* foreign
        for (
          const results_url of [
            `${other.url}/v1/messages/batches/b/results`,
            // What the SDK puts behind its base URL may name another host.
            `@${other.host}/results`,
            `data:application/binary,${encodeURIComponent("{\"custom_id\":\"a\"}")}`,
            "file:///etc/hostname",
            `https://user:password@${other.host}/results`
          ]
        ) {
          const home = yield* host((_, response) => {
            json(response, 200, { type: "message_batch", id: "b", processing_status: "ended", results_url })
          })
          const error = yield* failureOf(results[name], layers[kind](home))
          assert.strictEqual(error._tag, "RequestRejectedError", results_url)
          assert.include(error.message, "resultsOrigins")
          // With `use`, the request for the batch is part of the same call.
          assert.strictEqual(error.outcome, name.startsWith("use") ? "unknown" : "not-executed")
          assert.strictEqual(home.received.length, 1)
        }
        assert.deepStrictEqual([other.connections(), other.received.length], [0, 0])
      })
  )

  it.effect("gets results from an origin that is allowed, without any credential", () =>
    Effect.gen(function*() {
      const row = { custom_id: "a", result: { type: "canceled" } }
      const other = yield* host((_, response) => {
        response.writeHead(200, { "content-type": "application/binary" }).end(JSON.stringify(row))
      })
      const home = yield* host((_, response) => {
        const results_url = `${other.url}/results?name=1`
        json(response, 200, { type: "message_batch", id: "b", processing_status: "ended", results_url })
      })
      const headers = { cookie: "session=cookie-0123456789", "x-call-secret": Redacted.make("call-0123456789") }
      const query = { api_key: "query-0123456789" }
      const rows = yield* Effect.provide(
        Effect.flatMap(
          Claude.Claude,
          ({ messages }) => Stream.runCollect(messages.batches.results("b", {}, { headers, query }))
        ),
        layers[kind](home, { resultsOrigins: [other.url] })
      )
      assert.deepStrictEqual<unknown>(rows, [row])
      assert.deepStrictEqual(other.received.map(({ method, path }) => `${method} ${path}`), ["GET /results?name=1"])
      const names = Object.keys(other.received[0]?.headers ?? {})
      const own = ["accept", "accept-encoding", "accept-language", "connection", "host", "sec-fetch-mode", "user-agent"]
      assert.deepStrictEqual(names.filter((name) => !own.includes(name)), [])
      assert.include(home.received[0]?.headers, { "x-call-secret": "call-0123456789" })
    }))

  it.effect("asks its own address for results, wherever in it they are", () =>
    Effect.gen(function*() {
      const row = { custom_id: "a", result: { type: "canceled" } }
      const home = yield* host(({ headers, path }, response) => {
        if (path.startsWith("/elsewhere")) response.writeHead(200).end(JSON.stringify(row))
        else {
          json(response, 200, {
            type: "message_batch",
            id: "b",
            processing_status: "ended",
            results_url: `http://${headers.host}/elsewhere`
          })
        }
      })
      yield* Effect.provide(results["messages.batches.results"] ?? Effect.die("none"), layers[kind](home))
      assert.deepStrictEqual(home.received.map(({ headers }) => headers["x-gateway-token"]), [
        "gateway-0123456789",
        "gateway-0123456789"
      ])
    }))
})

const results: Readonly<Record<string, Call>> = {
  "messages.batches.results": withClaude(({ messages }) => Stream.runDrain(messages.batches.results("b"))),
  "beta.messages.batches.results": withClaude(({ beta }) => Stream.runDrain(beta.messages.batches.results("b"))),
  use: withClient((client, options) => client.messages.batches.results("b", {}, options)),
  "use, with a copy": withClient((client, options) =>
    client.withOptions({ timeout: 1000 }).withOptions({}).messages.batches.results("b", {}, options)
  )
}

describe("a fetch of one's own", () => {
  it.effect("that follows a redirect gives no answer", () =>
    Effect.gen(function*() {
      const other = yield* foreign
      const home = yield* host((_, response) => response.writeHead(302, { location: other.url }).end())
      const following: typeof fetch = (input, init) => fetch(input, { ...init, redirect: "follow" })
      const error = yield* failureOf(calls["models.list"], managed(home, { fetch: following }))
      assert.strictEqual(error._tag, "InvalidResponseError")
      assert.propertyVal(error, "problem", "redirected")
      assert.include(error.message, other.host)
    }))

  it.effect("is told to follow none, whatever the options of fetch say", () =>
    Effect.gen(function*() {
      const other = yield* foreign
      const home = yield* host((_, response) => response.writeHead(302, { location: other.url }).end())
      const error = yield* failureOf(calls["models.list"], managed(home, { fetchOptions: { redirect: "follow" } }))
      assert.strictEqual(error._tag, "UnexpectedStatusError")
      assert.strictEqual(other.connections(), 0)
    }))

  it.effect("of a browser hides where a redirect leads: the answer is invalid, and the call is not repeated", () =>
    Effect.gen(function*() {
      const home = yield* foreign
      let count = 0
      const opaque = () => {
        count++
        return Promise.resolve(
          Object.defineProperties(new Response(null), {
            type: { value: "opaqueredirect" },
            status: { value: 0 },
            ok: { value: false }
          })
        )
      }
      const passing: Middleware = (request, next) => next(request)
      for (const middleware of [[], [passing]]) {
        count = 0
        const error = yield* failureOf(calls["messages.create"], managed(home, { fetch: opaque, middleware }))
        assert.strictEqual(error._tag, "InvalidResponseError")
        assert.propertyVal(error, "problem", "redirected")
        assert.strictEqual(error.outcome, "unknown")
        assert.strictEqual(count, 1)
      }
    }))
})

describe("a token endpoint", () => {
  it.effect("at another host gets no header that is meant for the API", () =>
    Effect.gen(function*() {
      const tokens = yield* host((_, response) => {
        json(response, 200, { access_token: "access-0123456789", expires_in: 3600 })
      })
      const home = yield* host((_, response) => json(response, 200, { type: "model", id: "m" }))
      const { apiKey: _, ...rest } = options(home)
      const layer = Claude.layer({
        ...rest,
        workloadIdentity: {
          base_url: tokens.url,
          organization_id: "org",
          authentication: {
            type: "oidc_federation",
            federation_rule_id: "rule",
            identity_token: { source: "file", path: import.meta.filename }
          }
        }
      })
      yield* Effect.provide(withClaude(({ models }) => models.retrieve("m")), layer)
      assert.deepStrictEqual(tokens.received.map(({ path }) => path), ["/v1/oauth/token"])
      assert.notProperty(tokens.received[0]?.headers, "x-gateway-token")
      assert.include(home.received[0]?.headers, {
        authorization: "Bearer access-0123456789",
        "x-gateway-token": "gateway-0123456789"
      })
    }))

  it.effect("gives no token from where a fetch of one's own has followed it to", () =>
    Effect.gen(function*() {
      const other = yield* host((_, response) =>
        json(response, 200, { access_token: "stolen-0123456789", expires_in: 60 })
      )
      const home = yield* host((_, response) =>
        response.writeHead(307, { location: `${other.url}/v1/oauth/token` }).end()
      )
      const following: typeof fetch = (input, init) => fetch(input, { ...init, redirect: "follow" })
      const { apiKey: _, ...rest } = options(home)
      const layer = Claude.layer({
        ...rest,
        fetch: following,
        workloadIdentity: {
          organization_id: "org",
          authentication: {
            type: "oidc_federation",
            federation_rule_id: "rule",
            identity_token: { source: "file", path: import.meta.filename }
          }
        }
      })
      yield* Effect.flip(Effect.provide(withClaude(({ models }) => models.retrieve("m")), layer))
      assert.deepStrictEqual([...new Set(home.received.map(({ path }) => path))], ["/v1/oauth/token"])
    }))

  it.effect("is followed nowhere", () =>
    Effect.gen(function*() {
      const other = yield* foreign
      const home = yield* host((_, response) => response.writeHead(307, { location: other.url }).end())
      const { apiKey: _, ...rest } = options(home)
      const layer = Claude.layer({
        ...rest,
        workloadIdentity: {
          organization_id: "org",
          authentication: {
            type: "oidc_federation",
            federation_rule_id: "rule",
            identity_token: { source: "file", path: import.meta.filename }
          }
        }
      })
      yield* Effect.flip(Effect.provide(withClaude(({ models }) => models.retrieve("m")), layer))
      assert.deepStrictEqual(home.received.map(({ path }) => path), ["/v1/oauth/token"])
      assert.strictEqual(other.connections(), 0)
    }))
})

it.effect("resultsOrigins takes origins and nothing else", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(
      Effect.scoped(Layer.build(Claude.layer({
        apiKey: Redacted.make("sk-ant-key-0123456789"),
        resultsOrigins: ["https://fine.example", "https://example.com/path", "ftp://example.com", "no URL"]
      })))
    )
    assert.notInclude(error.message, "resultsOrigins[0]")
    for (const index of [1, 2, 3]) {
      assert.include(error.message, `resultsOrigins[${index}]: expected an http or https origin`)
    }
  }))
