/**
 * The rows of the operation table, from their compact form, a resource at a time.
 *
 * A row is a few words, of which each tells by its first character what it says, on top of what is usual for methods of
 * its name:
 *
 * - `GET`: the verb, if not `POST` · `2`: how many arguments stand before the options
 * - `/`: the route is the resource's own, `/x` is below it, `/{}` an item of it, `/{}/x` below an item, `//x` is `/x` itself
 * - `=page`: the shape, if not `json` · `:message`: the body's `type`, where `*` is the resource's noun, `:` is none
 * - `#3`: the set of documented reasons · `@create`: the SDK's method, if another
 * - `!`: repeatable though no `GET` · `?`: the body may be `null`
 *
 * The row `_` is about the resource: its noun, `{x}` for the parameter of an item if not `<noun>_id`, and its route, if not
 * its name below its parent's: `{}` is its name below an item of its parent, `./x` and `./{}/x` another name, `/x` itself.
 */
import { reasonSets, usual } from "../generated/operations.ts"
import type { Operation, Shape } from "./operation.ts"
import { reasonsAt, snakeCase } from "./reasonTable.ts"

export interface Resource {
  readonly [name: string]: string | Resource
}

/** Where a resource has its routes. */
export interface Home {
  /** From the client on, with a dot at its end: `messages.batches.`. Empty for the client itself. */
  readonly path: string
  readonly base: string
  readonly item: string
  readonly noun: string
}

export const homeOf = (resource: Resource, name: string, parent: Home | undefined): Home => {
  const words = wordsOf(resource["_"])
  const noun = words.find((word) => /^\w/.test(word)) ?? ""
  const own = words.find((word) => /^(\.|\/|\{\})/.test(word)) ?? `./${snakeCase(name)}`
  const base = own === "{}" ? `./{}/${snakeCase(name)}` : own
  return {
    path: parent === undefined ? "" : `${parent.path}${name}.`,
    base: base.startsWith(".") ? `${parent?.base}${base.slice(1).replace("{}", parent?.item ?? "")}` : base,
    item: words.find((word) => /^\{\w/.test(word)) ?? `{${noun}_id}`,
    noun
  }
}

export const operationOf = ({ base, item, noun, path }: Home, name: string, row: string): Operation => {
  const words = new Map(wordsOf(`${usual[name] ?? ""} ${row}`).map((word) => [kindOf(word), word]))
  const rest = (kind: string): string | undefined => words.get(kind)?.slice(1) || undefined
  const method = (words.get("verb") ?? "POST") as Operation["method"]
  const sdk = rest("@")
  const returns = rest(":")?.replace("*", noun)
  const set = reasonSets[Number(rest("#"))]
  return {
    name: path + name,
    ...(sdk === undefined ? {} : { sdk: path + sdk }),
    method,
    route: routeOf(base, item, rest("/")),
    shape: (rest("=") ?? "json") as Shape,
    repeatable: method === "GET" || words.has("!"),
    arity: Number(words.get("arity") ?? 1),
    reasons: set === undefined ? [] : reasonsAt(set),
    ...(returns === undefined ? {} : { returns }),
    ...(words.has("?") ? { nullable: true } : {})
  }
}

const wordsOf = (row: string | Resource | undefined): ReadonlyArray<string> =>
  typeof row === "string" ? row.split(" ").filter((word) => word !== "") : []

const kindOf = (word: string): string => /^[A-Z]/.test(word) ? "verb" : /^\d/.test(word) ? "arity" : word.slice(0, 1)

const routeOf = (base: string, item: string, below: string | undefined): string =>
  below === undefined ? base : below.startsWith("/") ? below : `${base}/${below.replace("{}", item)}`
