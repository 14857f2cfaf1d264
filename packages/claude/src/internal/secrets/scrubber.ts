/** Knows secrets, learns more of them from what is sent, and finds them in texts. */
import { inBase64, runsFor } from "./base64.ts"
import { decode, patternOf } from "./decoded.ts"
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

interface Patterns {
  readonly secrets: RegExp
  /** What may be base64 of one. */
  readonly base64: RegExp
}

export class Scrubber {
  readonly #given = new Set<string>()
  /** The ones used last are at the end. */
  readonly #learned = new Set<string>()
  /** Headers that were given as secrets. */
  readonly #headerNames = new Set<string>()
  readonly #limit: number
  #patterns: Patterns | undefined

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
    this.#patterns = undefined
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
    return apart(spans.filter(([start, end]) => text.slice(start, end) !== placeholder))
  }

  /** The text without secrets. Bound like `learn`. */
  readonly scrub = (text: string): string => without(text, this.find(text))

  /** The text without known secrets: for what a model wrote, which may speak of passwords. Bound like `learn`. */
  readonly scrubKnown = (text: string): string => without(text, apart(this.#known(text)))

  /** Base64 within base64 is looked at as often as `depth` says. */
  #known(text: string, depth = 2): ReadonlyArray<Span> {
    const patterns = this.#compiled
    if (patterns === undefined) return []
    const decoded = decode(text)
    const found = Array.from(
      decoded.text.matchAll(patterns.secrets),
      ({ 0: secret, index }): Span => [index, index + secret.length]
    )
    const encoded = depth > 0
      ? inBase64(decoded.text, patterns.base64, (inner) => this.#known(inner, depth - 1))
      : []
    return [...found, ...encoded].map(([start, end]) => decoded.origin(start, end))
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

  get #compiled(): Patterns | undefined {
    const secrets = [...this.#given, ...this.#learned]
    if (this.#patterns === undefined && secrets.length > 0) {
      // The longest first, or a secret that begins with another would keep its end.
      const sources = secrets.toSorted((a, b) => b.length - a.length).map(patternOf)
      this.#patterns = {
        secrets: new RegExp(sources.join("|"), "g"),
        base64: runsFor(Math.min(...secrets.map(({ length }) => length)))
      }
    }
    return this.#patterns
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

/** The same places in order, those that overlap as one. */
const apart = (spans: ReadonlyArray<Span>): ReadonlyArray<Span> => {
  const merged: Array<Span> = []
  for (const [start, end] of spans.toSorted(([a], [b]) => a - b)) {
    const last = merged.at(-1)
    if (last === undefined || start >= last[1]) merged.push([start, end])
    else merged[merged.length - 1] = [last[0], Math.max(last[1], end)]
  }
  return merged
}

const without = (text: string, spans: ReadonlyArray<Span>): string => {
  let clean = ""
  let done = 0
  for (const [start, end] of spans) {
    clean += text.slice(done, start) + placeholder
    done = end
  }
  return clean + text.slice(done)
}
