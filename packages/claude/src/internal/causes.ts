/** What an error may keep as its cause: nothing that shows a secret, however the cause is printed, inspected or encoded. */
import * as Inspectable from "effect/Inspectable"
import * as Redacted from "effect/Redacted"
import { cleanText } from "./answer/size.ts"
import { holdsSecret, type Scrub, withoutExcerpt } from "./secrets.ts"
import { isPrivateHeader } from "./secrets/names.ts"
import { placeholder } from "./secrets/scrubber.ts"

/**
 * The same error; a copy without credentials, cookies and the place of a redirect among its headers; or where a look at it
 * shows a secret, an error with only its name and its cleaned message.
 */
export const scrubError = (scrub: Scrub, error: unknown): unknown => {
  if (typeof error === "string") return scrub(error)
  if ((typeof error !== "object" && typeof error !== "function") || error === null) return error
  const seen = attempted(() => lookAt(scrub, error))
  if (seen === "secret" || seen === unreadable) return bare(scrub, error)
  return seen === "header" ? withCleanHeaders(error) ?? bare(scrub, error) : error
}

const textOf = (error: object, field: string): string => {
  const text = attempted(() => Reflect.get(error, field))
  return typeof text === "string" ? text : ""
}

const bare = (scrub: Scrub, error: object): Error => {
  const clean = new Error(withoutExcerpt(cleanText(scrub, textOf(error, "message"))))
  clean.name = scrub(textOf(error, "name")) || "Error"
  delete clean.stack
  return clean
}

/** A copy, since the headers are those of the response itself. Headers that stand deeper are for nobody to clean. */
const withCleanHeaders = (error: object): object | undefined => {
  const pairs = attempted(() => pairsOf(Reflect.get(error, "headers")))
  if (!Array.isArray(pairs)) return undefined
  const clean = pairs.filter(([name]) => typeof name === "string" && !isPrivateHeader(name))
  const headers = attempted(() => new Headers(clean as ReadonlyArray<[string, string]> as Array<[string, string]>))
  if (headers === unreadable) return undefined
  const copy: object = Object.create(Object.getPrototypeOf(error) as object | null, {
    ...Object.getOwnPropertyDescriptors(error),
    headers: { value: headers, enumerable: true, configurable: true, writable: true }
  })
  return lookAt((text) => text, copy) === undefined ? copy : undefined
}

/** What throws when it is asked. Whatever it shows elsewhere is not known. */
const unreadable = Symbol("unreadable")

const attempted = <A>(read: () => A): A | typeof unreadable => {
  try {
    return read()
  } catch {
    return unreadable
  }
}

/** A graph of sockets and agents is no cause that anybody reads. */
const mostParts = 5000

/** What a look at the value shows: a secret, or a header that may hold one. */
const lookAt = (scrub: Scrub, value: unknown): "secret" | "header" | undefined => {
  const left = [value]
  const seen = new Set<unknown>()
  let found: "header" | undefined
  const look = (name: unknown, part: unknown): void => {
    left.push(name, part)
  }
  while (left.length > 0) {
    const part = left.pop()
    if (part === unreadable || seen.size > mostParts) return "secret"
    if (typeof part === "string" && (scrub(part) !== part || withoutExcerpt(part) !== part)) return "secret"
    if (typeof part === "symbol") left.push(part.description)
    if ((typeof part !== "object" && typeof part !== "function") || part === null || seen.has(part)) continue
    seen.add(part)
    if (Redacted.isRedacted(part)) continue
    const pairs = attempted(() => pairsOf(part))
    if (pairs === unreadable) return "secret"
    for (const [name, inner] of pairs ?? []) {
      if (typeof name === "string" && isPrivateHeader(name)) found = "header"
      else look(name, inner)
    }
    if (pairs !== undefined) continue
    for (const [name, inner] of fieldsOf(part)) {
      if (typeof name === "string" && holdsSecret(name, inner) && inner !== placeholder) return "secret"
      look(name, inner)
    }
    left.push(...shownBy(part))
  }
  return found
}

type Pairs = ReadonlyArray<readonly [name: unknown, value: unknown]>

const isFunction = (value: unknown): boolean => typeof value === "function"

/** The entries of headers, of whatever class, and of maps and sets. */
const pairsOf = (value: unknown): Pairs | undefined => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined
  const each: unknown = Reflect.get(value, "forEach")
  if (typeof each !== "function" || !isFunction(Reflect.get(value, "has"))) return undefined
  const pairs: Array<readonly [unknown, unknown]> = []
  Reflect.apply(each, value, [(inner: unknown, name: unknown) => pairs.push([name, inner])])
  return pairs
}

/** The bytes of a text, a character each. */
const latin1 = new TextDecoder("latin1")

/** All fields of its own, those that only an inspection shows included, and the getters of an error's class. */
const fieldsOf = (value: object): Pairs => {
  if (ArrayBuffer.isView(value)) return [["", latin1.decode(value)]]
  if (value instanceof ArrayBuffer) return [["", latin1.decode(value)]]
  const names = new Set(Reflect.ownKeys(value))
  if (value instanceof Error) { for (const name of gettersOf(value)) names.add(name) }
  if (typeof value === "function") names.delete("prototype")
  return Array.from(names, (name) => [name, attempted(() => Reflect.get(value, name))])
}

const gettersOf = (error: Error): ReadonlyArray<string> => {
  const names: Array<string> = []
  for (
    let prototype: unknown = Object.getPrototypeOf(error);
    prototype !== Error.prototype && typeof prototype === "object" && prototype !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    const descriptors = Object.entries(Object.getOwnPropertyDescriptors(prototype))
    names.push(...descriptors.flatMap(([name, { get }]) => get === undefined ? [] : [name]))
  }
  return names
}

/** How a value says itself that it is to be shown. */
const shownBy = (value: object): ReadonlyArray<unknown> => {
  if (value instanceof URL || value instanceof URLSearchParams) return [String(value)]
  return ["toJSON", Inspectable.NodeInspectSymbol].flatMap((name): ReadonlyArray<unknown> => {
    const show: unknown = attempted(() => Reflect.get(value, name))
    // Depth and options are what Node gives to the second.
    return typeof show === "function" ? [attempted((): unknown => Reflect.apply(show, value, [2, {}]))] : []
  })
}
