import type { Method, SdkModel, Signature } from "./model.ts"

/**
 * How a method of the service answers:
 * `json` one body · `parsed` one body, read by a parser of the caller's · `page` a list, and its pages one by one ·
 * `events` server-sent events · `bytes` a download · `rows` a file of rows · `custom` no request at all.
 */
export type Form = "json" | "parsed" | "page" | "events" | "bytes" | "rows" | "custom"

/** A method of the service. */
export interface Call {
  /** Of the SDK's client. */
  readonly path: string
  /** The last part of `path`. */
  readonly name: string
  readonly resource: string
  readonly form: Form
  /** The method that sends the request: itself, unless it delegates. */
  readonly sent: Method
  /** The overloads to offer. */
  readonly signatures: ReadonlyArray<Signature>
  /** The SDK chooses between its forms by a parameter `stream`, which is left out here. */
  readonly choosesStream: boolean
  /** The code classes that it is documented to end with. */
  readonly errors: ReadonlyArray<string>
  readonly deprecated: boolean
}

/** What the service has of the SDK's methods: all but the helpers, which hold a loop or a state of their own. */
export const callsOf = (model: SdkModel): ReadonlyArray<Call> => {
  const byPath = new Map(model.methods.map((method) => [method.path, method]))
  return model.methods.flatMap((method) => {
    const call = callOf(method, byPath)
    return call === undefined ? [] : [call]
  })
}

const callOf = (method: Method, byPath: ReadonlyMap<string, Method>): Call | undefined => {
  const base = {
    path: method.path,
    name: nameOf(method.path),
    resource: method.resource,
    sent: method,
    signatures: method.signatures,
    choosesStream: false,
    errors: method.errors,
    deprecated: method.deprecated
  }
  switch (method.shape) {
    case "page":
      return { ...base, form: "page" }
    case "binary":
      return { ...base, form: "bytes" }
    case "jsonl":
      return { ...base, form: "rows" }
    case "json":
    case "void":
      return method.helper === null
        ? { ...base, form: "json" }
        : { ...base, form: "parsed", sent: senderOf(method, byPath) }
    case "stream": {
      const plain = method.signatures.filter(({ shape }) => shape === "json")
      return plain.length === 0
        ? { ...base, form: "events" }
        : { ...base, form: "json", signatures: plain, choosesStream: true }
    }
    case "helper": {
      // The SDK's helper of events is a stateful object over `create`; here they are a stream over the same.
      const create = byPath.get(`${method.resource}.create`)
      const plain = create?.signatures.find(({ shape }) => shape === "json")
      const stream = create?.signatures.find(({ shape }) => shape === "stream")
      if (base.name !== "stream" || create === undefined || plain === undefined || stream === undefined) {
        return undefined
      }
      const signatures = [{ ...stream, parameters: plain.parameters }]
      return { ...base, form: "events", sent: create, signatures, choosesStream: true }
    }
    case "sync":
      return method.path in customMethods ? { ...base, form: "custom" } : undefined
  }
}

const senderOf = (method: Method, byPath: ReadonlyMap<string, Method>): Method => {
  const [path, ...more] = method.delegates
  const sender = path === undefined || more.length > 0 ? undefined : byPath.get(path)
  if (sender === undefined) throw new Error(`${method.path} does not delegate to one method`)
  return sender
}

/** Methods written by hand: the module and the type that say what they are and how they fail. */
export const customMethods: Readonly<Record<string, { readonly module: string; readonly type: string }>> = {
  "beta.webhooks.unwrap": { module: "../internal/road/webhooks.ts", type: "Unwrap" }
}

export const nameOf = (path: string): string => path.slice(path.lastIndexOf(".") + 1)

/** The resources directly below the one at a path that have methods, or resources that do. The client's own path is "". */
export const resourcesBelow = (model: SdkModel, calls: ReadonlyArray<Call>, path: string): ReadonlyArray<string> =>
  model.resources.map((each) => each.path).filter((each) =>
    parentOf(each) === path && calls.some(({ resource }) => resource === each || resource.startsWith(`${each}.`))
  )

const parentOf = (path: string): string => path.includes(".") ? path.slice(0, path.lastIndexOf(".")) : ""

/** `messages.batches` is `MessagesBatches`. */
export const pascalCase = (path: string): string =>
  path.split(/[./-]/).map((part) => part.slice(0, 1).toUpperCase() + part.slice(1)).join("")
