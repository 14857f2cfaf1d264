/** Knows secrets, learns more of them from what is sent, and finds them in texts. */
import { formsOf } from "./forms.ts"
import {
  isSecretField,
  isSecretHeader,
  isSecretParameter,
  secretFieldsIn,
  secretParametersIn,
  type Span
} from "./names.ts"

/** What stands in the place of a secret. */
export const placeholder = "<redacted>"

/** Shorter ones would match by chance: they are taken out by the name of their field alone. */
export const shortestSecret = 8

/** How many learned secrets count: more than calls under way can have, and not all that a process has ever used. */
const mostLearned = 64

export class Scrubber {
  readonly #given = new Set<string>()
  /** The ones used last are at the end. */
  readonly #learned = new Set<string>()
  /** Headers that were given as secrets. */
  readonly #headerNames = new Set<string>()
  readonly #limit: number
  #pattern: RegExp | undefined

  constructor(given: Iterable<string> = [], limit = mostLearned) {
    this.#limit = limit
    for (const secret of given) if (secret.length >= shortestSecret) this.#given.add(secret)
  }

  /** Bound, so that it can be handed on by itself. */
  readonly learn = (secret: string): void => {
    if (secret.length < shortestSecret || this.#given.has(secret)) return
    const isKnown = this.#learned.delete(secret)
    this.#learned.add(secret)
    if (isKnown) return
    for (const oldest of this.#learned) {
      if (this.#learned.size <= this.#limit) break
      this.#learned.delete(oldest)
    }
    this.#pattern = undefined
  }

  /** A header whose value was given as a secret, whatever its name. */
  learnHeaderName(name: string): void {
    this.#headerNames.add(name.toLowerCase())
  }

  isSecretHeader(name: string): boolean {
    return isSecretHeader(name) || this.#headerNames.has(name.toLowerCase())
  }

  /** The credentials that headers carry, with and without their scheme, and cookies without their names. */
  learnHeaders(headers: Headers): void {
    headers.forEach((value, name) => {
      if (name === "cookie") { for (const cookie of value.split(";")) this.#learnPair(cookie) }
      else if (name === "set-cookie") this.#learnPair(value.split(";")[0] ?? "")
      else if (this.isSecretHeader(name)) this.#learnCredential(value)
    })
  }

  /** The keys in the query of a URL. */
  learnUrl(url: string): void {
    if (!url.includes("?")) return
    URL.parse(url)?.searchParams.forEach((value, name) => {
      if (isSecretParameter(name)) this.learn(value)
    })
  }

  /** The secret fields of a body that is JSON, or the fields of a form. */
  learnBody(body: string): void {
    for (const [start, end] of secretFieldsIn(body)) this.learn(unquoted(body.slice(start, end)))
    if (!/^[\w.-]+=[^\s{]*$/.test(body)) return
    for (const [name, value] of new URLSearchParams(body)) if (isSecretField(name)) this.learn(value)
  }

  /** The places of secrets in a text, in order and apart: known ones, and those that a name gives away. */
  find(text: string): ReadonlyArray<Span> {
    const spans = [...this.#known(text), ...secretFieldsIn(text), ...secretParametersIn(text)]
      .filter(([start, end]) => text.slice(start, end) !== placeholder)
      .toSorted(([a], [b]) => a - b)
    const apart: Array<Span> = []
    for (const [start, end] of spans) {
      const last = apart.at(-1)
      if (last === undefined || start >= last[1]) apart.push([start, end])
      else apart[apart.length - 1] = [last[0], Math.max(last[1], end)]
    }
    return apart
  }

  /** The text without secrets. Bound like `learn`. */
  readonly scrub = (text: string): string => {
    let clean = ""
    let done = 0
    for (const [start, end] of this.find(text)) {
      clean += text.slice(done, start) + placeholder
      done = end
    }
    return done === 0 ? text : clean + text.slice(done)
  }

  /** The text without known secrets: for what a model wrote, which may speak of passwords. Bound like `learn`. */
  readonly scrubKnown = (text: string): string => {
    const pattern = this.#compiled
    return pattern === undefined ? text : text.replaceAll(pattern, placeholder)
  }

  #known(text: string): ReadonlyArray<Span> {
    const pattern = this.#compiled
    return pattern === undefined
      ? []
      : Array.from(text.matchAll(pattern), ({ 0: found, index }) => [index, index + found.length] as const)
  }

  /** `name=value`. */
  #learnPair(cookie: string): void {
    this.learn(cookie.slice(cookie.indexOf("=") + 1).trim())
  }

  #learnCredential(value: string): void {
    const [, scheme, token] = /^([\w-]+)\s+(.+)$/.exec(value) ?? []
    if (scheme === undefined || token === undefined) return this.learn(value)
    // `Digest name="value", …` is a list, and its parts go their own ways.
    if (/^[\w-]+=\S+[,;]/.test(token)) {
      for (const part of token.split(/[\s,;]+/)) this.learn(part.replace(/^[\w-]+=/, "").replaceAll("\"", ""))
    } else {
      this.learn(token)
      if (/^basic$/i.test(scheme)) this.#learnBasic(token)
    }
  }

  /** RFC 7617: the base64 of `user:password`. */
  #learnBasic(token: string): void {
    try {
      const pair = atob(token)
      this.learn(pair)
      this.learn(pair.slice(pair.indexOf(":") + 1))
    } catch {
      // Not base64: the token itself is known.
    }
  }

  get #compiled(): RegExp | undefined {
    const secrets = [...this.#given, ...this.#learned]
    if (this.#pattern === undefined && secrets.length > 0) {
      // The longest first, or a secret that begins with another would keep its end.
      const sources = secrets.toSorted((a, b) => b.length - a.length).flatMap(formsOf)
      this.#pattern = new RegExp(sources.join("|"), "g")
    }
    return this.#pattern
  }
}

/** A text as it stands in JSON. */
const unquoted = (value: string): string => {
  try {
    return String(JSON.parse(`"${value}"`))
  } catch {
    return value
  }
}
