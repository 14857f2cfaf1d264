/**
 * `generated/operations.ts`: the rows of the operation table, in the notation that `internal/operationTable.ts` reads.
 *
 * A row says only how its method differs from what is usual for methods of its name, and a resource's `_` how its routes
 * differ from what its name suggests.
 */
import { type Call, callsOf, nameOf } from "./calls.ts"
import { reasonsOf } from "./emitErrors.ts"
import { arityOf } from "./emitMethods.ts"
import { groups } from "./emitReasons.ts"
import type { SdkModel } from "./model.ts"
import { snakeCase } from "./nodes.ts"

export const emitOperations = (model: SdkModel): string => {
  const calls = callsOf(model)
  const homes = homesOf(model, calls)
  const sets = [...new Set(calls.map((call) => indexesOf(model, call)).filter((set) => set !== ""))]
  const rows = calls.map((call) => ({
    call,
    words: wordsOf(call, homes.get(call.resource)),
    rest: [repeats(call), sdkName(call), isNullable(call), setOf(sets, indexesOf(model, call))].filter(Boolean)
  }))
  const usual = new Map(
    groups(rows, ({ call }) => call.name).map(([name, each]) => [name, usualOf(each.map(({ words }) => words))])
  )
  const rowOf = ({ call, rest, words }: typeof rows[number]) => {
    const known = usual.get(call.name) ?? {}
    const kinds = [...new Set([...Object.keys(known), ...Object.keys(words)])]
    const differing = kinds.filter((kind) => words[kind] !== known[kind]).map((kind) => words[kind] ?? none[kind] ?? "")
    return `${call.name}: "${[...differing, ...rest].join(" ")}"`
  }
  const resource = (path: string): string => {
    const below = [...homes.keys()].filter((each) => parentOf(each) === path)
    const header = headerOf(homes, path)
    return `{\n${
      [
        ...(header === "" ? [] : [`_: "${header}"`]),
        ...rows.filter(({ call }) => call.resource === path).map(rowOf),
        ...below.filter((each) => each !== "").map((each) => `${nameOf(each)}: ${resource(each)}`)
      ].join(",\n")
    }\n}`
  }
  return [
    `import type { Resource } from "../internal/operationTable.ts"`,
    "",
    "/** What is usual for methods of a name. */",
    `export const usual: Readonly<Record<string, string>> = {\n${
      [...usual].filter(([, words]) => Object.keys(words).length > 0)
        .map(([name, words]) => `${name}: "${Object.values(words).join(" ")}"`).join(",\n")
    }\n}`,
    "",
    "/** Sets of documented reasons: their places in the table of reasons. */",
    `export const reasonSets: ReadonlyArray<string> = [\n${sets.map((set) => `"${set}"`).join(",\n")}\n]`,
    "",
    `export const resources: Resource = ${resource("")}`
  ].join("\n")
}

/** Words of a row by their first character, which tells what they say. */
type Words = Readonly<Record<string, string>>

/** What a row says that has not what is usual. */
const none: Words = { route: "/", form: "=json", returns: ":" }

interface Home {
  /** Where the collection is. */
  readonly base: string
  /** The name of an item's id in routes. */
  readonly item: string | undefined
  /** What bodies say that they are. */
  readonly noun: string | undefined
}

const wordsOf = (call: Call, home: Home | undefined): Words => {
  const { request } = call.sent
  if (request === null || home === undefined) return { arity: String(arityOf(call)), form: `=${call.form}` }
  const route = routeWord(request.route, home)
  const returns = returnsOf(call)
  return {
    ...(request.verb === "POST" ? {} : { verb: request.verb }),
    arity: String(arityOf(call)),
    ...(route === "/" ? {} : { route }),
    ...(call.form === "json" ? {} : { form: `=${call.form}` }),
    ...(returns === undefined ? {} : { returns: `:${returns === home.noun ? "*" : nounIn(returns, home.noun)}` })
  }
}

const nounIn = (returns: string, noun: string | undefined): string =>
  noun !== undefined && returns === `${noun}_deleted` ? "*_deleted" : returns

const returnsOf = ({ form, sent }: Call): string | undefined => {
  const [type, ...more] = sent.response?.types ?? []
  return (form === "json" || form === "parsed" || form === "events") && more.length === 0 ? type : undefined
}

/** `/` is the collection, `{}` an item of it, `//` begins a route that is neither's. */
const routeWord = (route: string, { base, item }: Home): string => {
  const rest = route.slice(base.length)
  if (!route.startsWith(base) || (rest !== "" && !rest.startsWith("/"))) return `/${route}`
  const own = `/{${item}}`
  return item !== undefined && rest.startsWith(own) ? `/{}${rest.slice(own.length)}` : rest === "" ? "/" : rest
}

const usualOf = (rows: ReadonlyArray<Words>): Words => {
  const kinds = [...new Set(rows.flatMap((words) => Object.keys(words)))]
  return Object.fromEntries(kinds.flatMap((kind) => {
    const [best] = groups(rows, (words) => words[kind] ?? "").toSorted(([, a], [, b]) => b.length - a.length)
    return best === undefined || best[0] === "" ? [] : [[kind, best[0]]]
  }))
}

/** Doing it twice is harmless: reads are, and what costs tokens and changes nothing. */
const repeats = ({ path, sent: { request } }: Call): string =>
  request?.verb !== "GET" && /^(beta\.)?messages\.\w+$/.test(path) ? "!" : ""

const sdkName = ({ form, path, sent }: Call): string =>
  form === "events" && sent.path !== path ? `@${nameOf(sent.path)}` : ""

const isNullable = ({ sent }: Call): string => sent.response?.nullable === true ? "?" : ""

const indexesOf = (model: SdkModel, call: Call): string => {
  const all = model.errorCodes.map(({ tag }) => tag)
  return reasonsOf(model, call).map((tag) => all.indexOf(tag)).join(" ")
}

const setOf = (sets: ReadonlyArray<string>, set: string): string => set === "" ? "" : `#${sets.indexOf(set)}`

/** Where each resource has its routes, the client itself included. */
const homesOf = (model: SdkModel, calls: ReadonlyArray<Call>): ReadonlyMap<string, Home> => {
  const paths = model.resources.map(({ path }) => path)
  return new Map(
    ["", ...paths].flatMap((path) => {
      const below = calls.filter(({ resource }) => path === "" || resource === path || resource.startsWith(`${path}.`))
      return below.length === 0 ? [] : [[path, homeOf(below.filter(({ resource }) => resource === path), below)]]
    })
  )
}

const homeOf = (own: ReadonlyArray<Call>, below: ReadonlyArray<Call>): Home => {
  const routesOf = (calls: ReadonlyArray<Call>) => calls.flatMap(({ sent }) => sent.request?.route ?? [])
  const collection = own.find(({ name }) => name === "list" || name === "create")?.sent.request?.route
  const base = collection === undefined || collection.endsWith("}") ? commonBase(routesOf(below)) : collection
  const item = routesOf(own).flatMap((route) => /^\/\{(\w+)\}/.exec(route.slice(base.length))?.[1] ?? [])[0]
  const nouns = own.flatMap((call) => returnsOf(call)?.replace(/_deleted$/, "") ?? [])
  const [noun] = groups(nouns, (each) => each).toSorted(([, a], [, b]) => b.length - a.length)
  return { base, item, noun: noun?.[0] }
}

/** The longest beginning that all routes have, without an item at its end. */
const commonBase = (routes: ReadonlyArray<string>): string => {
  const [first = [], ...rest] = routes.map((route) => route.split("/"))
  const end = first.findIndex((part, index) => rest.some((other) => other[index] !== part))
  return (end === -1 ? first : first.slice(0, end)).join("/").replace(/(\/\{\w+\})+$/, "")
}

const parentOf = (path: string): string | undefined =>
  path === "" ? undefined : path.includes(".") ? path.slice(0, path.lastIndexOf(".")) : ""

/** The noun, the item where it is not `<noun>_id`, and the base where the name does not suggest it. */
const headerOf = (homes: ReadonlyMap<string, Home>, path: string): string => {
  const home = homes.get(path)
  if (home === undefined) return ""
  const parent = homes.get(parentOf(path) ?? path)
  return [
    home.noun,
    home.item === undefined || home.item === `${home.noun}_id` ? undefined : `{${home.item}}`,
    path === "" || parent === undefined ? home.base : baseWord(home.base, parent, snakeCase(nameOf(path)))
  ].filter((word) => word !== undefined).join(" ")
}

/** `.` is the parent's, `{}` an item of it. */
const baseWord = (base: string, parent: Home, name: string): string | undefined => {
  if (base === `${parent.base}/${name}`) return undefined
  const item = `${parent.base}/{${parent.item}}`
  if (base === `${item}/${name}`) return "{}"
  if (base.startsWith(`${item}/`)) return `./{}${base.slice(item.length)}`
  if (base.startsWith(`${parent.base}/`)) return `.${base.slice(parent.base.length)}`
  return base === parent.base ? "." : base
}
