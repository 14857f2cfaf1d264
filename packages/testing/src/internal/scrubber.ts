/** Takes secrets and request ids out of what is recorded. The core knows what is secret, this what is an id. */
import * as Secrets from "effect-claude/Secrets"
import { Buffer } from "node:buffer"

export const redacted = Secrets.placeholder

const requestIdHeaders: ReadonlyArray<string> = ["request-id", "x-request-id", "cf-ray", "anthropic-organization-id"]

const scrubbedId = "req_scrubbed"

/** Shorter ones would match by chance. */
const shortestId = 8

/** An id of the API's, which no id of a program's own looks like, or whatever an error names as its request's. */
const requestIds = [
  String.raw`(?<![0-9A-Za-z_])req_(?:[a-z]+_)?01[0-9A-Za-z]{16,}`,
  String.raw`(?<="type": ?"error"[^\n]{0,2000}"request_id": ?")[^"]+`
]

/** What is taken out, and what comes in its place. */
interface Cut {
  readonly start: number
  readonly end: number
  readonly by: string
}

export class Scrubber {
  /** What is secret, as far as it is known. */
  readonly secrets: Secrets.Secrets
  private readonly ids = new Set<string>()
  private compiled: RegExp | undefined

  constructor(secrets: Iterable<string>) {
    this.secrets = Secrets.make()
    for (const secret of secrets) this.secrets.learn(secret)
  }

  /** Notes the credentials and the ids that headers carry. */
  learnHeaders(headers: Headers): void {
    this.secrets.learnHeaders(headers)
    for (const name of requestIdHeaders) {
      const value = headers.get(name)
      if (value === null || value.length < shortestId || this.ids.has(value)) continue
      this.ids.add(value)
      this.compiled = undefined
    }
  }

  header(name: string, value: string): string {
    return requestIdHeaders.includes(name) ? scrubbedId : this.text(value)
  }

  text(text: string): string {
    let clean = ""
    let done = 0
    for (const { by, end, start } of this.cuts(text)) {
      clean += text.slice(done, start) + by
      done = end
    }
    return clean + text.slice(done)
  }

  /** JSON, name by name and text by text. What is in a field whose name says so is a secret, however short. */
  json<A>(value: A): A
  json(value: unknown): unknown {
    if (typeof value === "string") return this.text(value)
    if (Array.isArray(value)) return value.map((item) => this.json(item))
    if (typeof value !== "object" || value === null) return value
    const isError = Reflect.get(value, "type") === "error"
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [this.text(name), this.field(name, item, isError)])
    )
  }

  private field(name: string, value: unknown, isError: boolean): unknown {
    if (typeof value !== "string" || value === "") return this.json(value)
    if (isError && name === "request_id") return scrubbedId
    return Secrets.isSecretField(name) ? redacted : this.text(value)
  }

  /** Of bytes in chunks: a chunk that ends inside of what is taken out ends behind what comes in its place. */
  chunks(chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> {
    // A character a byte, so that offsets are those of the bytes.
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
    for (const { by, end: cutEnd, start } of this.cuts(text)) {
      endUpTo(start, (end) => clean.length + end - done)
      clean += text.slice(done, start) + by
      done = cutEnd
      endUpTo(done, () => clean.length)
    }
    endUpTo(text.length, (end) => clean.length + end - done)
    clean += text.slice(done)
    const starts = [0, ...cleanEnds]
    return cleanEnds
      .map((end, index) => Buffer.from(clean.slice(starts[index], end), "latin1"))
      .filter((chunk) => chunk.length > 0)
  }

  /** In order and apart. Where a secret and an id overlap, both are gone. */
  private cuts(text: string): ReadonlyArray<Cut> {
    const secrets = this.secrets.find(text).map(([start, end]) => ({ start, end, by: redacted }))
    const ids = Array.from(text.matchAll(this.pattern), ({ 0: found, index }) => ({
      start: index,
      end: index + found.length,
      by: scrubbedId
    })).filter(({ end, start }) => text.slice(start, end) !== scrubbedId)
    const cuts: Array<Cut> = []
    for (const cut of [...secrets, ...ids].toSorted((a, b) => a.start - b.start)) {
      const last = cuts.at(-1)
      if (last === undefined || cut.start >= last.end) cuts.push(cut)
      else cuts[cuts.length - 1] = { start: last.start, end: Math.max(last.end, cut.end), by: redacted }
    }
    return cuts
  }

  private get pattern(): RegExp {
    return this.compiled ??= patternOf([...this.ids])
  }
}

/** Longer ones first, as one may contain the other. Headers hold no characters of more than one byte. */
const patternOf = (known: ReadonlyArray<string>): RegExp => {
  const literals = known.toSorted((a, b) => b.length - a.length).map(escaped)
  return new RegExp([...literals, ...requestIds].join("|"), "g")
}

const escaped = (literal: string): string => literal.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")
