import Anthropic from "@anthropic-ai/sdk"
import { APIResource } from "@anthropic-ai/sdk/core/resource"
import { describe, expect, it } from "vitest"
import { type Call, callsOf } from "../src/calls.ts"
import type { Method, Signature, TypeText } from "../src/model.ts"
import { readSdk } from "../src/read.ts"
import { renderSignature } from "../src/render.ts"
import { namespaces, typecheck } from "./typecheck.ts"

const model = readSdk()

describe("at run time", () => {
  /** Own and inherited members of `value`, down to the class that all resources share. */
  const members = (value: object): ReadonlyArray<string> =>
    value === APIResource.prototype || value === Object.prototype
      ? []
      : [...Object.getOwnPropertyNames(value), ...members(Object.getPrototypeOf(value))]

  const methodsBelow = (parent: object, prefix: string): ReadonlyArray<string> =>
    members(parent).filter((name) => name !== "constructor" && !name.startsWith("_")).flatMap((name) => {
      const member: unknown = Reflect.get(parent, name)
      if (member instanceof APIResource) return methodsBelow(member, `${prefix}${name}.`)
      return typeof member === "function" && parent instanceof APIResource ? [prefix + name] : []
    })

  it("a client has the methods of the model, and no others", () => {
    const found = methodsBelow(new Anthropic({ apiKey: "x" }), "")
    expect(found.toSorted()).toEqual(model.methods.map(({ path }) => path).toSorted())
  })

  it("each status and error code makes the class that the model names", async () => {
    const made = await Promise.all(model.errorCodes.map(async ({ errorCode, status }) => {
      const body = { type: "error", error: { type: "api_error", message: "", details: { error_code: errorCode } } }
      const fetch = () => Promise.resolve(Response.json(body, { status }))
      const error: unknown = await new Anthropic({ apiKey: "x", maxRetries: 0, fetch }).models.list().catch((_) => _)
      return error instanceof Error ? error.name : error
    }))
    expect(made).toEqual(model.errorCodes.map(({ tag }) => tag))
  })

  it("each error class is exported where the model says", async () => {
    const all = [...model.errorCodes.map(({ module, tag: name }) => ({ module, name })), ...model.errorClasses]
    const missing = await Promise.all(all.map(async ({ module, name }) => {
      const exports: object = module === null ? {} : await import(module)
      return name in exports ? [] : [name]
    }))
    expect(missing.flat()).toEqual([])
  })
})

describe("to the compiler", () => {
  const importable = (type: TypeText) => type.every((part) => typeof part === "string" || part.module !== null)
  const printed = model.methods.filter(({ signatures }) => signatures.every(({ returns }) => importable(returns)))

  const prelude = `
    declare const is: <A>(a: A) => void
    type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
  `
  const claims = (alter: (signature: Signature) => Signature): string => {
    const { imports, nameOf } = namespaces()
    const lines = printed.flatMap(({ class: owner, path, signatures }: Method) => {
      const actual = `${nameOf(owner)}["${path.split(".").at(-1)}"]`
      const copies = signatures.map((each) => renderSignature(alter(each), nameOf))
      return signatures.length === 1
        ? [`is<Identical<${actual}, ${copies[0]}>>(true)`]
        : copies.map((copy) => `is<${copy}>(null as unknown as ${actual})`)
    })
    return [...imports(), prelude, ...lines].join("\n")
  }

  it("all signatures but those of an internal type can be printed elsewhere", () => {
    const rest = model.methods.filter((method) => !printed.includes(method))
    expect(rest.map(({ path }) => path)).toEqual(["messages.batches.results", "beta.messages.batches.results"])
  })

  it("a printed signature is the method's own", () => {
    expect(typecheck(claims((signature) => signature))).toBe("")
  })

  it("a signature with another parameter is not", () => {
    const wrong = claims((signature) => ({
      ...signature,
      parameters: signature.parameters.map((each) => ({ ...each, type: ["symbol"] }))
    }))
    const errors = typecheck(wrong).split("\n").filter((line) => line.includes("error TS2345"))
    expect(errors).toHaveLength(printed.flatMap(({ signatures }) => signatures).length)
  })

  const channelClaims = (reasonsOf: (call: Call) => ReadonlyArray<string>): string => {
    const lines = callsOf(model).filter(({ form }) => form !== "custom").map((call) => {
      const documented = reasonsOf(call).map((tag) => `"${tag}"`).join(" | ")
      return `is<Identical<ReasonsIn<Claude.Error<"${call.path}">>, ${documented || "never"}>>(true)`
    })
    return [`import type { Claude } from "effect-claude"`, channelPrelude, prelude, ...lines].join("\n")
  }

  const channelPrelude = `
    type ReasonsIn<E> = E extends { readonly status: number; readonly reason: infer R extends { readonly _tag: string } }
      ? Exclude<R["_tag"], "Unspecified">
      : never
  `

  it("the channel of each method has the codes that the SDK documents for it, and no others", () => {
    expect(typecheck(channelClaims(({ errors }) => errors))).toBe("")
  })

  it("and not with one more or one less", () => {
    const wrong = channelClaims(({ errors }) => errors.length === 0 ? ["OrganizationOnHoldError"] : errors.slice(1))
    const errors = typecheck(wrong).split("\n").filter((line) => line.includes("error TS2345"))
    expect(errors).toHaveLength(callsOf(model).filter(({ form }) => form !== "custom").length)
  })
})
