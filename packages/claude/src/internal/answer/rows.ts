/** Bodies of one JSON value a line: the results of a batch, each with its own error in the channel's classes. */
import * as Effect from "effect/Effect"
import { Attempt } from "../road/attempt.ts"
import { type Body, type BodyKind, BodyReader, type Failure } from "./bodyReader.ts"
import { fromErrorBody, invalidResponse, isErrorBody } from "./decodeFailure.ts"
import { isRecord, parseObject } from "./parseEvent.ts"

interface Row {
  readonly result: { readonly type: string; readonly error?: unknown }
}

class RowReader extends BodyReader<Row> {
  protected readonly unit = "rows, before its end"
  private readonly utf8 = new TextDecoder("utf-8")
  private readonly request: Attempt
  private pending = ""

  constructor(body: Body) {
    super(body)
    this.request = requestOf(body.attempt)
  }

  protected accept(chunk: Uint8Array | undefined): Array<Row> {
    const lines = (chunk === undefined ? `${this.utf8.decode()}\n` : this.utf8.decode(chunk, { stream: true })).split(
      "\n"
    )
    lines[0] = this.pending + (lines[0] ?? "")
    this.pending = lines.pop() ?? ""
    const rows = this.parse(lines, chunk === undefined ? () => this.cut() : (line) => this.malformed(line))
    if (chunk === undefined && this.failure === undefined) this.stopped = true
    return rows
  }

  private parse(lines: ReadonlyArray<string>, noJson: (line: string) => Failure): Array<Row> {
    const rows: Array<Row> = []
    for (const line of lines) {
      if (line.trim() === "") continue
      const row = parseObject(line)
      this.failure = row === undefined ? noJson(line) : this.refuse(row)
      if (row === undefined || this.failure !== undefined) break
      this.count++
      // What is read of it has been looked at.
      rows.push(decodeRow(this.request, row as object as Row))
    }
    return rows
  }

  private malformed(line: string): Failure {
    return invalidResponse(this.body.attempt, this.body.response, "malformed-json", {
      message: `Row ${this.count + 1} of the results is not JSON`,
      body: line
    })
  }

  private refuse(row: object): Failure | undefined {
    if (isErrorBody(row)) return fromErrorBody(this.body.attempt, this.body.response.headers, row)
    return isRow(row) ? undefined : invalidResponse(this.body.attempt, this.body.response, "unexpected-shape", {
      message: `Row ${this.count + 1} of the results lacks a part`,
      body: row
    })
  }
}

const isRow = (row: object): boolean => {
  const result: unknown = Reflect.get(row, "result")
  return typeof Reflect.get(row, "custom_id") === "string" && isRecord(result) &&
    typeof Reflect.get(result, "type") === "string"
}

/** A row's request is none that the method documents reasons for. */
const requestOf = ({ clock, env, number, operation, startedAt }: Attempt): Attempt =>
  new Attempt(env, { ...operation, reasons: [] }, undefined, clock, startedAt, number)

const decodeRow = (request: Attempt, row: Row): Row =>
  row.result.type === "errored"
    ? { ...row, result: { ...row.result, error: fromErrorBody(request, new Headers(), row.result.error) } }
    : row

export const rows: BodyKind<Row> = {
  make: (body) => new RowReader(body),
  check: (attempt, response) =>
    /html/i.test(response.headers.get("content-type") ?? "")
      ? Effect.fail(invalidResponse(attempt, response, "not-json", {
        message: `${attempt.host} answered with a page instead of rows of JSON`
      }))
      : Effect.void
}
