/** Knows secrets, learns more of them from what is sent, and finds them in texts. */
import { inBase64 } from "./base64.ts"
import { decode, placeOf, rounds } from "./decoded.ts"
import { Matcher, shortest } from "./matcher.ts"
import {
  isSecretField,
  isSecretHeader,
  isSecretParameter,
  secretFieldsIn,
  secretParametersIn,
  type Span,
  usersIn
} from "./names.ts"

/** What stands in the place of a secret. */
export const placeholder = "<redacted>"

/** Shorter ones would match by chance: they are taken out by the name of their field alone. */
export const shortestSecret = shortest

/** Longer ones are found by the name of their field alone. No header has room for them. */
export const longestSecret = 16 * 1024

/** How many learned secrets count: more than calls under way can have, and not all that a process has ever used. */
const mostLearned = 10_000

export class Scrubber {
  readonly #given = new Set<string>()
  /** The ones used last are at the end. */
  readonly #learned = new Set<string>()
  /** Headers that were given as secrets. */
  readonly #headerNames = new Set<string>()
  readonly #limit: number
  readonly #matcher = new Matcher()
  /** The length of the shortest secret that has ever been known. */
  #shortest = Infinity

  constructor(given: Iterable<string> = [], limit = mostLearned) {
    this.#limit = limit
    for (const secret of given) {
      if (secret.length < shortestSecret) continue
      this.#given.add(secret)
      this.#add(secret)
    }
  }

  /** Bound, so that it can be handed on by itself. */
  readonly learn = (secret: string): void => {
    const { length } = secret
    if (length < shortestSecret || length > longestSecret || this.#given.has(secret)) return
    const isKnown = this.#learned.delete(secret)
    this.#learned.add(secret)
    if (isKnown) return
    this.#add(secret)
    for (const oldest of this.#learned) {
      if (this.#learned.size <= this.#limit) break
      this.#learned.delete(oldest)
      this.#forget(oldest)
    }
  }

  /** A header whose value was given as a secret, whatever its name. */
  learnHeaderName(name: string): void {
    this.#headerNames.add(name.toLowerCase())
  }

  /** In lower case. */
  get headerNames(): ReadonlySet<string> {
    return this.#headerNames
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
    const spans = [...this.#known(text), ...secretFieldsIn(text), ...secretParametersIn(text), ...usersIn(text)]
    return apart(spans.filter(([start, end]) => text.slice(start, end) !== placeholder))
  }

  /** The text without secrets. Bound like `learn`. */
  readonly scrub = (text: string): string => without(text, this.find(text))

  /** The text without known secrets: for what a model wrote, which may speak of passwords. Bound like `learn`. */
  readonly scrubKnown = (text: string): string => without(text, apart(this.#known(text)))

  /** Base64 within base64 is looked at as often as `depth` says. */
  #known(text: string, depth = 2): ReadonlyArray<Span> {
    if (text.length < shortestSecret || this.#matcher.isEmpty) return []
    const places: Array<Span> = []
    for (const round of rounds(text)) {
      const encoded = depth > 0
        ? inBase64(round.text, this.#shortest, (inner) => this.#known(inner, depth - 1))
        : []
      for (const [start, end] of [...this.#matcher.find(round.text), ...encoded]) {
        places.push(placeOf(round, start, end))
      }
    }
    return places
  }

  #add(secret: string): void {
    this.#shortest = Math.min(this.#shortest, secret.length)
    for (const form of formsOf(secret)) this.#matcher.add(form)
  }

  #forget(secret: string): void {
    for (const form of formsOf(secret)) {
      const isAnother = this.#given.has(form) || this.#learned.has(form)
      if (!isAnother) this.#matcher.delete(form)
    }
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
}

const encoder = new TextEncoder()

/** A character for each byte, as bodies are looked at in places. */
const inBytes = (text: string): string => Array.from(encoder.encode(text), (byte) => String.fromCharCode(byte)).join("")

/** A secret as it may stand in a text: as it is and without escapes, in characters and in bytes. */
const formsOf = (secret: string): ReadonlySet<string> => {
  const plain = decode(secret)
  return new Set([secret, plain, inBytes(secret), inBytes(plain)])
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
