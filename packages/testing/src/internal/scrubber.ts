/** Takes secrets and request ids out of what is recorded. */
import { Buffer } from "node:buffer"

/** Shorter ones would match by chance. */
const shortestSecret = 8

const secretHeaders: ReadonlyArray<string> = [
  "api-key",
  "authorization",
  "proxy-authorization",
  "x-amz-security-token",
  "x-api-key",
  "x-goog-api-key"
]

/** Query parameters by which some gateways take a key. */
const secretParameters: ReadonlySet<string> = new Set([
  "access_token",
  "api-key",
  "api_key",
  "apikey",
  "auth_token",
  "key",
  "sig",
  "subscription-key",
  "token"
])

export const isSecretParameter = (name: string): boolean => secretParameters.has(name.toLowerCase())

export const redacted = "<redacted>"

const requestIdHeaders: ReadonlyArray<string> = ["request-id", "x-request-id", "cf-ray", "anthropic-organization-id"]

const scrubbedId = "req_scrubbed"

/** An id of the API's, which no id of a program's own looks like, or whatever an error names as its request's. */
const requestIds = [
  String.raw`(?<![0-9A-Za-z_])req_(?:[a-z]+_)?01[0-9A-Za-z]{16,}`,
  String.raw`(?<="type": ?"error"[^\n]{0,2000}"request_id": ?")[^"]+`
]

export class Scrubber {
  private readonly secrets = new Set<string>()
  private readonly ids = new Set<string>()
  private compiled: RegExp | undefined

  constructor(secrets: Iterable<string>) {
    for (const secret of secrets) this.learn(secret)
  }

  /** Notes a secret in each form in which it may turn up: as it is, in JSON and in a URL. */
  learn(secret: string): void {
    if (secret.length < shortestSecret) return
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
      this.add(this.secrets, form)
    }
  }

  /** Notes the credentials and the ids that headers carry. */
  learnHeaders(headers: Headers): void {
    for (const name of secretHeaders) {
      // A credential's scheme is no secret.
      const value = (headers.get(name) ?? "").replace(/^[\w-]+\s+/, "")
      this.learn(value)
      for (const part of value.split(/[\s;,]+/)) this.learn(part.replace(/^[\w.-]+=/, ""))
    }
    // Nor are a cookie's name and attributes: a domain or a date may stand in any text.
    const cookies = [...(headers.get("cookie") ?? "").split(";"), ...headers.getSetCookie().map((_) => _.split(";")[0])]
    for (const cookie of cookies) this.learn(cookie?.slice(cookie.indexOf("=") + 1).trim() ?? "")
    for (const name of requestIdHeaders) {
      const value = headers.get(name)
      if (value !== null && value.length >= shortestSecret) this.add(this.ids, value)
    }
  }

  header(name: string, value: string): string {
    return requestIdHeaders.includes(name) ? scrubbedId : this.text(value)
  }

  text(text: string): string {
    return text.replaceAll(this.pattern, (found) => this.replacement(found))
  }

  /** Of bytes in chunks: a chunk that ends inside of what is taken out ends behind what comes in its place. */
  chunks(chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> {
    const text = chunks.map((chunk) => Buffer.from(chunk).toString("latin1")).join("")
    let end = 0
    const ends = chunks.map((chunk) => end += chunk.length)
    let clean = ""
    let done = 0
    let boundary = 0
    const cleanEnds: Array<number> = []
    const endUpTo = (limit: number, at: (end: number) => number): void => {
      for (let next = ends[boundary]; next !== undefined && next <= limit; next = ends[++boundary]) {
        cleanEnds.push(at(next))
      }
    }
    for (const { 0: found, index } of text.matchAll(this.bytePattern)) {
      endUpTo(index, (end) => clean.length + end - done)
      clean += text.slice(done, index) + this.replacement(fromLatin1(found))
      done = index + found.length
      endUpTo(done, () => clean.length)
    }
    endUpTo(text.length, (end) => clean.length + end - done)
    clean += text.slice(done)
    const starts = [0, ...cleanEnds]
    return cleanEnds
      .map((end, index) => Buffer.from(clean.slice(starts[index], end), "latin1"))
      .filter((chunk) => chunk.length > 0)
  }

  private add(known: Set<string>, value: string): void {
    if (known.has(value)) return
    known.add(value)
    this.compiled = undefined
  }

  private replacement(found: string): string {
    return this.secrets.has(found) ? redacted : scrubbedId
  }

  private get pattern(): RegExp {
    return this.compiled ??= patternOf([...this.secrets, ...this.ids])
  }

  private get bytePattern(): RegExp {
    return patternOf([...this.secrets, ...this.ids].map(toLatin1))
  }
}

/** Longer ones first, as one may contain the other. */
const patternOf = (known: ReadonlyArray<string>): RegExp => {
  const literals = known.toSorted((a, b) => b.length - a.length).map(escaped)
  return new RegExp([...literals, ...requestIds].join("|"), "g")
}

const escaped = (literal: string): string => literal.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")

/** A character a byte, so that offsets are those of the bytes. */
const toLatin1 = (text: string): string => Buffer.from(text).toString("latin1")

const fromLatin1 = (bytes: string): string => Buffer.from(bytes, "latin1").toString()
