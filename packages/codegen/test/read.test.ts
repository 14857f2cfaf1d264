import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { Method, Parameter, SdkModel, TypeReference } from "../src/model.ts"
import { readSdk } from "../src/read.ts"
import { installedSdk } from "../src/sdk.ts"
import { summarize } from "../src/summary.ts"

const model = readSdk()

const at = (path: string): Method => {
  const found = model.methods.find((method) => method.path === path)
  if (found === undefined) throw new Error(`no method ${path}`)
  return found
}

const ref = (name: string, module: string): TypeReference => ({ name, module: `@anthropic-ai/sdk/${module}` })

const options: Parameter = {
  name: "options",
  role: "options",
  optional: true,
  type: [{ name: "Anthropic.RequestOptions", module: "@anthropic-ai/sdk" }]
}

/** How often the SDK's sources have what `pattern` matches, below a folder or in a file. */
const countInSources = (below: string, pattern: RegExp): number =>
  globSync(join(installedSdk(), "src", below)).flatMap((file) => readFileSync(file, "utf8").match(pattern) ?? []).length

describe("the model of the installed SDK", { timeout: 60_000 }, () => {
  const { errorCodes, methods, throws, verbs, version } = summarize(model)

  it("is of the installed version", () => {
    expect(version).toBe(JSON.parse(readFileSync(join(installedSdk(), "package.json"), "utf8")).version)
  })

  it("has as many requests as the SDK's resources send", () => {
    const sent = countInSources("resources/**/*.ts", /this\._client\s*\.(get|getAPIList|post|put|patch|delete)\b/g)
    expect(methods.all - (verbs["none"] ?? 0)).toBe(sent)
  })

  it("has as many @throws tags as the SDK's resources", () => {
    expect(throws.tags).toBe(countInSources("resources/**/*.ts", /@throws \{/g))
  })

  it("has as many error codes as the SDK's table", () => {
    expect(errorCodes.all).toBe(countInSources("core/error-classes.ts", /^ {2}\['\d+ \w+',/gm))
  })

  it("is the same when read again", () => {
    expect(readSdk()).toEqual(model)
  })

  it("survives JSON", () => {
    expect(JSON.parse(JSON.stringify(model))).toEqual(model)
  })

  it("names each path once", () => {
    expect(new Set(model.methods.map(({ path }) => path)).size).toBe(model.methods.length)
  })

  it("puts the request options last, wherever there are any", () => {
    const roles = model.methods.flatMap(({ signatures }) => signatures.map((_) => _.parameters.map(({ role }) => role)))
    expect(roles.filter((_) => _.includes("options") && _.indexOf("options") < _.length - 1)).toEqual([])
  })

  it("knows a class for every error that a method documents", () => {
    const tags = new Set(model.errorCodes.map(({ tag }) => tag))
    expect(model.methods.flatMap((method) => method.throws).filter((tag) => !tags.has(tag))).toEqual([])
  })

  it("knows a route for every method that makes a request", () => {
    const routes = model.methods.flatMap(({ request }) => request === null ? [] : [request.route])
    expect(routes.filter((route) => !/^\/v1(\/([a-z_]+|\{[a-z_]+\}))+$/.test(route))).toEqual([])
  })
})

describe("a method", () => {
  it("that lists is read in full", () => {
    expect(at("messages.batches.list")).toEqual(
      {
        path: "messages.batches.list",
        resource: "messages.batches",
        class: ref("Batches", "resources/messages/batches"),
        file: "src/resources/messages/batches.ts",
        shape: "page",
        signatures: [{
          typeParameters: [],
          parameters: [
            {
              name: "params",
              role: "params",
              optional: true,
              type: [ref("BatchListParams", "resources/messages/batches"), " | null | undefined"]
            },
            options
          ],
          shape: "page",
          returns: [
            ref("PagePromise", "core/pagination"),
            "<",
            ref("MessageBatchesPage", "resources/messages/batches"),
            ", ",
            ref("MessageBatch", "resources/messages/batches"),
            ">"
          ],
          result: [ref("MessageBatchesPage", "resources/messages/batches")],
          item: [ref("MessageBatch", "resources/messages/batches")],
          page: ref("Page", "core/pagination"),
          deprecated: false
        }],
        request: { verb: "GET", route: "/v1/messages/batches" },
        delegates: [],
        throws: expect.arrayContaining(["ClaudeCodeKeyCreatorNotMemberError", "OrganizationOnHoldError"]),
        errors: at("messages.batches.list").throws,
        response: null,
        helper: null,
        params: expect.arrayContaining(["after_id", "before_id", "limit"]),
        model: false,
        upload: false,
        deprecated: false
      } satisfies Method
    )
  })

  it("that changes what another gives is read in full", () => {
    expect(at("messages.parse")).toEqual(
      {
        path: "messages.parse",
        resource: "messages",
        class: ref("Messages", "resources/messages/messages"),
        file: "src/resources/messages/messages.ts",
        shape: "json",
        signatures: [{
          typeParameters: [{
            name: "Params",
            constraint: [ref("MessageCreateParamsNonStreaming", "resources/messages/messages")],
            default: null
          }],
          parameters: [{ name: "params", role: "params", optional: false, type: ["Params"] }, options],
          shape: "json",
          returns: [
            ref("APIPromise", "core/api-promise"),
            "<",
            ref("ParsedMessage", "lib/parser"),
            "<",
            ref("ExtractParsedContentFromParams", "lib/parser"),
            "<Params>>>"
          ],
          result: [
            ref("ParsedMessage", "lib/parser"),
            "<",
            ref("ExtractParsedContentFromParams", "lib/parser"),
            "<Params>>"
          ],
          item: null,
          page: null,
          deprecated: false
        }],
        request: null,
        delegates: ["messages.create"],
        throws: [],
        errors: at("messages.create").throws,
        response: {
          types: ["message"],
          nullable: false,
          fields: { id: "string", role: "string", type: "string", usage: "object" }
        },
        helper: { kind: "parser", class: null },
        params: expect.arrayContaining(["max_tokens", "messages", "model"]),
        model: true,
        upload: false,
        deprecated: false
      } satisfies Method
    )
  })

  it("has an item and a shape for each overload", () => {
    const event = [ref("RawMessageStreamEvent", "resources/messages/messages")]
    expect(at("messages.create").signatures.map(({ item, shape }) => ({ item, shape }))).toEqual([
      { shape: "json", item: null },
      { shape: "stream", item: event },
      { shape: "either", item: null }
    ])
  })

  it("has the errors of its first overload", () => {
    const source = readFileSync(join(installedSdk(), at("messages.create").file), "utf8")
    const doc = source.slice(0, source.search(/^ {2}create\(/m)).split("/**").at(-1) ?? ""
    const tags = Array.from(doc.matchAll(/@throws \{(\w+)\}/g), ([, tag]) => tag)
    expect(tags).toContain("OrganizationOnHoldError")
    expect(at("messages.create").throws).toEqual(tags)
  })

  it.each<[string, Partial<Omit<Method, "response">> & { readonly response?: Partial<Method["response"]> }]>([
    ["messages.create", { shape: "stream", model: true, response: { types: ["message"], nullable: false } }],
    ["messages.batches.results", { shape: "jsonl", delegates: ["messages.batches.retrieve"], helper: null }],
    ["models.retrieve", { request: { verb: "GET", route: "/v1/models/{model_id}" } }],
    ["files.upload", { upload: true, request: { verb: "POST", route: "/v1/files" } }],
    ["files.download", { shape: "binary", response: null }],
    ["files.delete", { response: { types: null, nullable: false, fields: { id: "string" } } }],
    ["beta.environments.work.poll", { response: { types: ["work"], nullable: true } }],
    ["beta.sessions.events.stream", { shape: "stream", model: false }],
    ["beta.webhooks.unwrap", { shape: "sync", request: null, delegates: [], helper: { kind: "value", class: null } }],
    ["beta.environments.work.worker", { deprecated: false }]
  ])("%s has its own facts", (path, facts) => {
    expect(at(path)).toMatchObject(facts)
  })

  it.each([
    ["messages.stream", "MessageStream", ["messages.create"]],
    ["beta.messages.stream", "BetaMessageStream", ["beta.messages.create"]],
    ["beta.messages.toolRunner", "BetaToolRunner", ["beta.messages.create"]],
    ["beta.messages.thread", "BetaMessageThread", ["beta.messages.create"]],
    ["beta.sessions.events.toolRunner", "SessionToolRunner", ["beta.sessions.events.stream"]],
    ["beta.environments.work.poller", "WorkPoller", ["beta.environments.work.poll"]],
    ["beta.environments.work.worker", "EnvironmentWorker", ["beta.sessions.events.send"]]
  ])("%s makes a %s, which calls %s", (path, name, calls) => {
    const { delegates, helper } = at(path)
    expect({ helper, calls: delegates.filter((each) => calls.includes(each)) }).toEqual({
      helper: { kind: "object", class: { name, module: expect.stringContaining(`@anthropic-ai/sdk/lib/`) } },
      calls
    })
  })
})

describe("an error", () => {
  const errors = (pick: (model: SdkModel) => unknown) => expect(pick(model))

  it("code is read in full", () => {
    errors(({ errorCodes }) => errorCodes.find(({ errorCode }) => errorCode === "ramp_limit_exceeded")).toEqual({
      tag: "RampLimitExceededError",
      status: 429,
      errorCode: "ramp_limit_exceeded",
      parent: "RateLimitError",
      module: "@anthropic-ai/sdk/resources/shared",
      details: [ref("RampLimitExceededErrorDetails", "resources/shared")]
    })
  })

  it("code's class has the status of the class that it extends", () => {
    errors(({ errorClasses, errorCodes }) => {
      const statuses = new Map(errorClasses.map(({ name, status }) => [name, status]))
      return errorCodes.filter(({ parent, status }) => statuses.get(parent) !== status)
    }).toEqual([])
  })

  it("class says its parent and its one status", () => {
    const module = "@anthropic-ai/sdk/core/error"
    errors((_) => _.errorClasses).toEqual(expect.arrayContaining([
      { name: "APIConnectionTimeoutError", parent: "APIConnectionError", status: null, module },
      { name: "InternalServerError", parent: "APIError", status: null, module },
      { name: "OverloadedError", parent: "InternalServerError", status: 529, module }
    ]))
  })

  it("type says the class that is named like it", () => {
    errors((_) => _.errorTypes).toEqual(expect.arrayContaining([
      { type: "rate_limit_error", class: "RateLimitError" },
      { type: "billing_error", class: null }
    ]))
  })
})
