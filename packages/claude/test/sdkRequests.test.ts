/** What `internal/road` takes for granted about how the SDK sends a request, one test for each assumption. */
import Anthropic, { type ClientOptions } from "@anthropic-ai/sdk"
import { Page } from "@anthropic-ai/sdk/core/pagination"
import { assert, describe, it, vi } from "@effect/vitest"
import { warnedModels } from "../src/generated/warnedModels.ts"

type Fetch = NonNullable<ClientOptions["fetch"]>

const mark = Symbol("mark")

const model = () => Promise.resolve(Response.json({ type: "model", id: "m" }))

const clientOver = (fetch: Fetch, options: ClientOptions = {}) =>
  new Anthropic({ apiKey: "sk-test", maxRetries: 0, logLevel: "off", ...options, fetch })

const hello = { model: "claude-opus-5-5", max_tokens: 16, messages: [{ role: "user" as const, content: "Hello" }] }

const message = { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], stop_reason: "end_turn" }

describe("the SDK hands the options of fetch", () => {
  const seeing = () => {
    const seen: Array<unknown> = []
    const fetch: Fetch = (_, init) => {
      seen.push(Reflect.get(Object(init), mark))
      return model()
    }
    return { seen, fetch }
  }
  const fetchOptions = { [mark]: "here" } as NonNullable<ClientOptions["fetchOptions"]>

  it("to fetch, symbols too", async () => {
    const { fetch, seen } = seeing()
    await clientOver(fetch).models.retrieve("m", null, { fetchOptions })
    assert.deepStrictEqual(seen, ["here"])
  })

  it("to fetch through a middleware that passes the request on", async () => {
    const { fetch, seen } = seeing()
    const middleware: ClientOptions["middleware"] = [(request, next) => next(request)]
    await clientOver(fetch, { middleware }).models.retrieve("m", null, { fetchOptions })
    assert.deepStrictEqual(seen, ["here"])
  })

  it("and not to fetch where a middleware makes a request of its own", async () => {
    const { fetch, seen } = seeing()
    const middleware: ClientOptions["middleware"] = [
      ({ headers, method, url }, next) => next({ headers, method, url } as Parameters<typeof next>[0])
    ]
    await clientOver(fetch, { middleware }).models.retrieve("m", null, { fetchOptions })
    assert.deepStrictEqual(seen, [undefined])
  })
})

describe("a copy of a client", () => {
  it("sends by the fetch that it is given, and otherwise as the client does", async () => {
    const seen: Array<string> = []
    const original = clientOver(() => Promise.reject(new Error("the first fetch")), {
      defaultHeaders: { "x-team": "red" }
    })
    const copy = original.withOptions({
      fetch: (_, init) => {
        seen.push(String(new Headers(init?.headers).get("x-team")))
        return model()
      }
    })
    await copy.models.retrieve("m")
    assert.deepStrictEqual(seen, ["red"])
  })
})

describe("a promise of the SDK", () => {
  it("gives the response with its body unread", async () => {
    const response = await clientOver(model).models.retrieve("m").asResponse()
    assert.isFalse(response.bodyUsed)
  })

  it("rejects for a status that is no success, with status, headers and body", async () => {
    const fetch: Fetch = () => Promise.resolve(Response.json({ error: { message: "no" } }, { status: 418 }))
    const error = await clientOver(fetch).models.retrieve("m").asResponse().then(
      () => undefined,
      (cause: unknown) => cause
    )
    assert.strictEqual(Reflect.get(Object(error), "status"), 418)
    assert.instanceOf(Reflect.get(Object(error), "headers"), Headers)
    assert.deepStrictEqual(Reflect.get(Object(error), "error"), { error: { message: "no" } })
  })

  it("of a list knows the query that was sent", async () => {
    const promise = clientOver(() => Promise.resolve(Response.json({ data: [] }))).models.list({ limit: 3 })
    const props: unknown = Reflect.get(promise, "_responseProps")
    assert.isFunction(props)
    const { options } = await Reflect.apply(props as () => Promise<{ options: { query: unknown } }>, promise, [])
    assert.deepStrictEqual(options.query, { limit: 3 })
  })
})

describe("a page of the SDK", () => {
  it("is made of a client, a response, a body and options, and adds the cursor to the query", () => {
    const body = { data: [{ id: "a" }], has_more: true, first_id: "a", last_id: "a" }
    const page = new Page(clientOver(model), new Response(), body, { method: "get", path: "/x", query: { limit: 3 } })
    assert.deepStrictEqual(page.getPaginatedItems(), [{ id: "a" }])
    assert.deepStrictEqual(page.nextPageRequestOptions()?.query, { limit: 3, after_id: "a" })
  })
})

describe("messages.parse", () => {
  it.each(["messages", "beta"] as const)("sends with the create of its resource (%s)", (kind) => {
    const client = clientOver(() => Promise.resolve(Response.json(message)))
    const resource = kind === "beta" ? client.beta.messages : client.messages
    const sent: Array<unknown> = []
    const create = (params: unknown) => {
      sent.push(params)
      return new Promise(() => undefined)
    }
    void Reflect.apply(resource.parse, Object.create(resource, { create: { value: create } }), [hello])
    assert.deepStrictEqual(sent, [hello])
  })
})

describe("the console", () => {
  const warnings = async (name: string): Promise<ReadonlyArray<unknown>> => {
    const spy = vi.spyOn(console, "warn").mockImplementation(() => undefined)
    const thinking = { type: "enabled" as const, budget_tokens: 1024 }
    const answer = clientOver(() => Promise.resolve(Response.json(message))).messages.create({
      ...hello,
      model: name,
      thinking
    })
    // As the method starts: nothing is awaited yet.
    const lines = spy.mock.calls.flat()
    spy.mockRestore()
    await answer
    return lines
  }

  it.each(warnedModels)("is warned of %s as the method starts, or of a setting of it", async (name) => {
    assert.isAbove((await warnings(name)).length, 0)
  })

  it("is not written to for other models", async () => {
    assert.lengthOf(await warnings(hello.model), 0)
  })
})

describe("the results of a batch", () => {
  it.each(["messages", "beta"] as const)("are asked for with these headers, at results_url (%s)", async (kind) => {
    const seen: Array<{ readonly url: string; readonly headers: Headers }> = []
    const client = clientOver((url, init) => {
      seen.push({ url: String(url), headers: new Headers(init?.headers) })
      return Promise.resolve(
        seen.length === 1 ? Response.json({ id: "b", results_url: "https://api.anthropic.com/r" }) : new Response("")
      )
    })
    const batches = kind === "beta" ? client.beta.messages.batches : client.messages.batches
    await batches.results("b", { workspace_id: "w" })
    assert.strictEqual(seen[1]?.url, "https://api.anthropic.com/r")
    assert.strictEqual(seen[1]?.headers.get("accept"), "application/binary")
    assert.strictEqual(seen[1]?.headers.get("anthropic-workspace-id"), "w")
  })
})
