/** Whether a request body holds what the SDK's types allow, with complaints worded like the API's. */
import * as Predicate from "effect/Predicate"
import { knows } from "./betas.ts"
import type { Atom, Body, Fields } from "./body.ts"
import { bodies, objects } from "./generated/requestBodies.ts"

export type Method = Exclude<keyof typeof bodies, `beta.${string}`>

/** What a client asks of: the plain API, or that with these betas. */
export interface Asked {
  readonly beta: boolean
  readonly betas: ReadonlyArray<string>
}

/** The first thing that is wrong with the body of a method, by the path of the field, or undefined. */
export const complaint = (method: Method, body: unknown, { beta, betas }: Asked): string | undefined => {
  const wrong = new Checker(betas).check(bodies[beta ? `beta.${method}` as const : method], body, "")
  return wrong === undefined ? undefined : wrong.path === "" ? wrong.message : `${wrong.path}: ${wrong.message}`
}

interface Wrong {
  readonly path: string
  readonly message: string
}

/** What the types no longer name and the API still takes: older models sample with these. */
const sampling: Fields = { "temperature?": "number", "top_p?": "number", "top_k?": "number" }

/** What the API is stricter about than the types are. */
const refined: Readonly<Record<string, Fields>> = Object.fromEntries(
  ["ToolUseBlockParam", "ServerToolUseBlockParam", "MCPToolUseBlockParam"].flatMap((name) =>
    [name, `Beta${name}`].map((name) => [name, { input: { all: "any" } }])
  )
)

const fieldsOf = (name: string): Fields => {
  const fields = { ...objects[name], ...refined[name] }
  return "max_tokens" in fields && "model" in fields ? { ...fields, ...sampling } : fields
}

const under = (path: string, key: string | number): string => path === "" ? String(key) : `${path}.${key}`

const firstOf = <A>(items: Iterable<A>, f: (item: A, index: number) => Wrong | undefined): Wrong | undefined => {
  let index = 0
  for (const item of items) {
    const wrong = f(item, index++)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

type Dictionary = Readonly<Record<string, unknown>>

const isDictionary = (value: unknown): value is Dictionary => Predicate.isObject(value) && !Array.isArray(value)

const noDictionary = (path: string): Wrong => ({ path, message: "Input should be a valid dictionary" })

class Checker {
  readonly #betas: ReadonlyArray<string>

  constructor(betas: ReadonlyArray<string>) {
    this.#betas = betas
  }

  check(type: Body, value: unknown, path: string): Wrong | undefined {
    if (isReference(type)) return isDictionary(value) ? this.#object(type.slice(1), value, path) : noDictionary(path)
    if (Predicate.isString(type)) {
      return atoms[type].fits(value)
        ? undefined
        : { path, message: `Input should be ${atoms[type].name}` }
    }
    if ("or" in type) return this.#union(type.or, value, path)
    if ("is" in type) return type.is === value ? undefined : { path, message: `Input should be ${expected([type])}` }
    if ("all" in type) {
      return isDictionary(value)
        ? firstOf(Object.entries(value), ([key, each]) => this.check(type.all, each, under(path, key)))
        : noDictionary(path)
    }
    return Array.isArray(value)
      ? firstOf(value, (item, index) => this.check(type[0], item, under(path, index)))
      : { path, message: "Input should be a valid list" }
  }

  #object(name: string, value: Dictionary, path: string): Wrong | undefined {
    const fields = fieldsOf(name)
    const wrong = firstOf(Object.entries(fields), ([field, type]) => this.#field(field, type, value, path))
    if (wrong !== undefined || "..." in fields) return wrong
    const extra = Object.keys(value).find((key) => !Object.hasOwn(fields, key) && !this.#takes(fields, key))
    return extra === undefined ? undefined : { path: under(path, extra), message: "Extra inputs are not permitted" }
  }

  #takes(fields: Fields, key: string): boolean {
    return Object.hasOwn(fields, `${key}?`) && knows(key, this.#betas)
  }

  /** What may be left out may be null too: clients of other languages send it so. */
  #field(field: string, type: Body, value: Dictionary, path: string): Wrong | undefined {
    if (field === "...") return undefined
    const isOptional = field.endsWith("?")
    const name = isOptional ? field.slice(0, -1) : field
    const given = Object.hasOwn(value, name) ? value[name] : undefined
    if (given === undefined) return isOptional ? undefined : { path: under(path, name), message: "Field required" }
    return isOptional && given === null ? undefined : this.check(type, given, under(path, name))
  }

  #union(types: ReadonlyArray<Body>, value: unknown, path: string): Wrong | undefined {
    const names = types.filter(isReference).map((name) => name.slice(1))
    if (isDictionary(value) && names.length > 0) return this.#alternatives(names, value, path)
    const list = types.find((type) => Array.isArray(type))
    if (Array.isArray(value) && list !== undefined) return this.check(list, value, path)
    return types.some((type) => this.check(type, value, path) === undefined)
      ? undefined
      : { path, message: `Input should be ${expected(types)}` }
  }

  /** Interfaces that a literal tells apart: each block by its `type`, each turn by its `role`. */
  #alternatives(names: ReadonlyArray<string>, value: Dictionary, path: string): Wrong | undefined {
    const [only] = names
    if (names.length === 1 && only !== undefined) return this.#object(only, value, path)
    const key = ["type", "role"].find((key) => names.every((name) => tagsOf(name, key).length > 0))
    if (key === undefined) return this.#closest(names, value, path)
    const known = names.filter((name) => tagsOf(name, key).some((tag) => knows(tag, this.#betas)))
    const tag = value[key]
    const matching = known.filter((name) =>
      tag === undefined || tag === null ? `${key}?` in fieldsOf(name) : tagsOf(name, key).some((each) => each === tag)
    )
    const [first] = matching
    // The API says a block's type in the path of what is wrong with it.
    if (first !== undefined) {
      return this.#closest(matching, value, key === "type" ? under(path, tagsOf(first, key)[0] ?? "") : path)
    }
    if (tag === undefined) return { path: under(path, key), message: "Field required" }
    const tags = known.flatMap((name) => tagsOf(name, key).map((each) => `'${each}'`))
    return {
      path,
      message: `Input tag '${tag}' found using '${key}' does not match any of the expected tags: ` +
        [...new Set(tags)].join(", ")
    }
  }

  /** Nothing where one of them fits, or else what is wrong with the first. */
  #closest(names: ReadonlyArray<string>, value: Dictionary, path: string): Wrong | undefined {
    const wrongs = names.map((name) => this.#object(name, value, path))
    return wrongs.includes(undefined) ? undefined : wrongs[0]
  }
}

const isReference = (type: Body): type is `#${string}` => Predicate.isString(type) && type.startsWith("#")

/** The texts that a field may have to be; none where it may be anything else. */
const tagsOf = (name: string, key: string): ReadonlyArray<string> => {
  const fields = fieldsOf(name)
  const literals = literalsOf(fields[key] ?? fields[`${key}?`] ?? "any")
  return literals?.every(Predicate.isString) ? literals : []
}

const literalsOf = (type: Body): ReadonlyArray<unknown> | undefined => {
  if (Predicate.isString(type)) return undefined
  if ("is" in type) return [type.is]
  if (!("or" in type)) return undefined
  const literals = type.or.filter((each) => each !== "null").map(literalsOf)
  return literals.every((each) => each !== undefined) ? literals.flat() : undefined
}

const atoms: Readonly<Record<Atom, { readonly fits: (value: unknown) => boolean; readonly name: string }>> = {
  string: { fits: Predicate.isString, name: "a valid string" },
  number: { fits: Predicate.isNumber, name: "a valid number" },
  boolean: { fits: Predicate.isBoolean, name: "a valid boolean" },
  null: { fits: Predicate.isNull, name: "null" },
  any: { fits: () => true, name: "anything" }
}

/** What a field should be: `'auto' or 'standard_only'`, `a valid string or list`. */
const expected = (types: ReadonlyArray<Body>): string =>
  listed(
    types.filter((type) => type !== "null").flatMap((type) => {
      const literals = literalsOf(type)
      return literals === undefined
        ? [nameOf(type)]
        : literals.map((each) => Predicate.isString(each) ? `'${each}'` : String(each))
    })
  )

const nameOf = (type: Body): string => {
  if (Array.isArray(type)) return "a valid list"
  return Predicate.isString(type) && !isReference(type) ? atoms[type].name : "a valid dictionary"
}

const listed = (words: ReadonlyArray<string>): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`
