/** Schemas that stand in more than one place, or within themselves. */
import type { Json } from "./checks.ts"

/** A schema with a name, or one that refers to itself: it may be a definition. */
export interface Definition {
  readonly name: string
  json: Json
  isRecursive: boolean
}

/** Stands for a definition until it is known how often that is used. */
export class Reference {
  readonly definition: Definition

  constructor(definition: Definition) {
    this.definition = definition
  }
}

/** Each schema once, the first of those that are the same. */
export const distinct = (all: ReadonlyArray<Json>): ReadonlyArray<Json> => {
  const found = new Map<string, Json>()
  for (const json of all) {
    const key = keyOf(json)
    if (!found.has(key)) found.set(key, json)
  }
  return [...found.values()]
}

/** Definitions are the same where they are called the same and say the same: they may hold themselves. */
const keyOf = (json: unknown): string => {
  const seen = new Map<Definition, number>()
  return JSON.stringify(json, (_, value) => {
    if (!(value instanceof Reference)) return value
    const { definition } = value
    const known = seen.get(definition)
    if (known !== undefined) return known
    seen.set(definition, seen.size)
    return [definition.name, definition.json]
  })
}

/** Puts definitions where they are used once, and refers to those that are used more often. */
export class Definitions {
  readonly document: Json
  readonly #uses = new Map<string, number>()
  readonly #names = new Map<string, string>()
  readonly #keys = new Map<Definition, string>()
  readonly #defs = new Map<string, Json>()

  constructor(root: Json) {
    const { $ref } = root
    const whole = $ref instanceof Reference ? $ref.definition.json : root
    this.#count(whole)
    const schema = this.#resolved(whole) as Json
    this.document = this.#defs.size === 0 ? schema : { ...schema, $defs: Object.fromEntries(this.#defs) }
  }

  #keyOf(definition: Definition): string {
    const key = this.#keys.get(definition) ?? keyOf(new Reference(definition))
    this.#keys.set(definition, key)
    return key
  }

  #count(value: unknown): void {
    if (value instanceof Reference) {
      const key = this.#keyOf(value.definition)
      const uses = this.#uses.get(key) ?? 0
      this.#uses.set(key, uses + 1)
      if (uses === 0) this.#count(value.definition.json)
    } else if (typeof value === "object" && value !== null) {
      Object.values(value).forEach((part) => this.#count(part))
    }
  }

  #resolved(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((part) => this.#resolved(part))
    if (typeof value !== "object" || value === null) return value
    const { $ref, ...siblings } = value as Json
    if (!($ref instanceof Reference)) {
      return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, this.#resolved(part)]))
    }
    const { definition } = $ref
    const isOwn = Object.keys(siblings).length > 0 || this.#uses.get(this.#keyOf(definition)) === 1
    if (isOwn && !definition.isRecursive) return beside(this.#resolved(definition.json) as Json, siblings)
    return { $ref: `#/$defs/${pointer(this.#define(definition))}`, ...siblings }
  }

  #define(definition: Definition): string {
    const key = this.#keyOf(definition)
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const taken = new Set(this.#names.values())
    let name = definition.name
    for (let number = 2; taken.has(name); number++) name = `${definition.name}${number}`
    this.#names.set(key, name)
    this.#defs.set(name, this.#resolved(definition.json) as Json)
    return name
  }
}

/** What a place says of the definition that stands there. */
const beside = (json: Json, siblings: Json): Json => {
  const description = [siblings.description, json.description].filter((text) => text !== undefined).join("\n\n")
  return { ...json, ...siblings, ...(description === "" ? {} : { description }) }
}

/** A name as a part of a JSON Pointer in a URI (RFC 6901, sections 4 and 6). */
const pointer = (name: string): string => encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"))
