/** Bodies of one JSON value a line: the results of a batch, each with its own error in the channel's classes. */
import { Attempt } from "../road/attempt.ts"
import type { Failure } from "../road/exchange.ts"
import { unknownUsage, usageOfRow } from "../usage/readUsage.ts"
import { sum, Tally, type Usage } from "../usage/usage.ts"
import type { Decoder, Source } from "./body.ts"
import { type Arrived, fromErrorBody, invalidResponse, isErrorBody, requestIdOf, unconfirmedEnd } from "./failures.ts"
import { parseObject } from "./parseEvent.ts"
import { problemOfRow } from "./shapes.ts"

interface Row {
  readonly result: { readonly type: string; readonly error?: unknown }
}

export class RowDecoder implements Decoder<Row> {
  failure: Failure | undefined
  complete = false
  /** Rows are handed on as they come. */
  readonly begun = true
  private readonly source: Source
  private readonly request: Attempt
  private readonly utf8 = new TextDecoder("utf-8")
  private pending = ""
  private count = 0
  private readonly used = new Tally()
  private readonly maxLength: number

  constructor(source: Source, maxLength: number) {
    this.source = source
    this.maxLength = maxLength
    this.request = requestOf(source.attempt)
  }

  push(bytes: Uint8Array): ReadonlyArray<Row> {
    const rows = this.parse(this.lines(this.utf8.decode(bytes, { stream: true })), (line) => this.malformed(line))
    if (this.pending.length > this.maxLength) this.failure ??= this.tooLarge()
    return rows
  }

  end(): ReadonlyArray<Row> {
    const rows = this.parse(this.lines(`${this.utf8.decode()}\n`), () => undefined)
    if (this.failure === undefined && !this.cut) {
      this.failure = unconfirmedEnd(this.source.attempt, this.source.response, "the rows")
      this.complete = this.failure === undefined
    }
    return rows
  }

  get started(): boolean {
    return this.count > 0
  }

  get arrived(): Arrived {
    return { count: this.count, unit: "rows, before its end", requestId: requestIdOf(this.source.response) }
  }

  /** What the rows so far have used. Those that have not come have used something too. */
  usage(isFinal: boolean): Usage {
    return isFinal ? this.used.usage : sum([this.used.usage, unknownUsage(undefined)])
  }

  /** Whether the last line is not JSON: the body ended inside it. */
  private cut = false

  private lines(text: string): ReadonlyArray<string> {
    const lines = text.split("\n")
    lines[0] = this.pending + (lines[0] ?? "")
    this.pending = lines.pop() ?? ""
    return lines
  }

  private parse(lines: ReadonlyArray<string>, noJson: (line: string) => Failure | undefined): ReadonlyArray<Row> {
    const rows: Array<Row> = []
    for (const line of lines) {
      if (line.trim() === "") continue
      const row = parseObject(line)
      this.cut = row === undefined
      this.failure = row === undefined ? noJson(line) : this.refuse(row)
      if (row === undefined || this.failure !== undefined) break
      this.count++
      // What is read of it has been looked at.
      rows.push(decodeRow(this.request, row as object as Row))
      this.used.add(usageOfRow(row))
    }
    return rows
  }

  private tooLarge(): Failure {
    return invalidResponse(this.source.attempt, this.source.response, "unexpected-shape", {
      message:
        `Row ${this.count + 1} of the results is larger than the ${this.maxLength} bytes that \`maxEventBytes\` ` +
        "of the client allows. Raise it if the server is meant to send such rows."
    })
  }

  private malformed(line: string): Failure {
    return invalidResponse(this.source.attempt, this.source.response, "malformed-json", {
      message: `Row ${this.count + 1} of the results is not JSON`,
      body: line
    })
  }

  private refuse(row: object): Failure | undefined {
    const { attempt, response } = this.source
    if (isErrorBody(row)) return fromErrorBody(attempt, response.headers, row)
    const problem = problemOfRow(row)
    return problem === undefined ? undefined : invalidResponse(attempt, response, "unexpected-shape", {
      message: `Row ${this.count + 1} of the results: ${problem}`,
      body: row
    })
  }
}

/** A row's request is none that the method documents reasons for. */
const requestOf = ({ clock, env, number, operation, startedAt }: Attempt): Attempt =>
  new Attempt(env, { ...operation, reasons: [] }, undefined, clock, number, undefined, startedAt)

const decodeRow = (request: Attempt, row: Row): Row =>
  row.result.type === "errored"
    ? { ...row, result: { ...row.result, error: fromErrorBody(request, new Headers(), row.result.error) } }
    : row
