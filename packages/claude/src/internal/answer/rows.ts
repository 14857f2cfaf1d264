/** Bodies of one JSON value a line: the results of a batch, each with its own error in the channel's classes. */
import { resources } from "../../generated/operations.ts"
import { Attempt } from "../road/attempt.ts"
import { modelOfRow } from "../road/batchModels.ts"
import type { CallData } from "../road/callData.ts"
import type { Failure } from "../road/exchange.ts"
import { RowsUsage } from "../usage/readUsage.ts"
import type { Usage } from "../usage/usage.ts"
import type { Decoder, Source } from "./body.ts"
import { type Arrived, fromErrorBody, invalidResponse, isErrorBody, requestIdOf, unconfirmedEnd } from "./failures.ts"
import { parseObject } from "./parseEvent.ts"
import { problemOfRow } from "./shapes.ts"

interface Row {
  readonly custom_id: string
  readonly result: { readonly type: string; readonly error?: unknown }
}

export class RowDecoder implements Decoder<Row> {
  failure: Failure | undefined
  complete = false
  /** Rows are handed on as they come. */
  readonly begun = true
  private readonly source: Source
  private readonly data: CallData
  private readonly utf8 = new TextDecoder("utf-8")
  private pending = ""
  private count = 0
  private readonly used = new RowsUsage()
  private readonly maxLength: number
  private readonly expected: number | undefined

  constructor(source: Source, data: CallData) {
    this.source = source
    this.maxLength = data.env.defaults.maxEventBytes
    this.data = data
    this.expected = data.rows
  }

  push(bytes: Uint8Array): ReadonlyArray<Row> {
    const rows = this.parse(this.lines(this.utf8.decode(bytes, { stream: true })), (line) => this.malformed(line))
    if (this.pending.length > this.maxLength) this.failure ??= this.tooLarge()
    return rows
  }

  end(): ReadonlyArray<Row> {
    const rows = this.parse(this.lines(`${this.utf8.decode()}\n`), () => undefined)
    if (this.failure === undefined && !this.cut) {
      this.failure = this.lacking() ?? unconfirmedEnd(this.source.attempt, this.source.response, "the rows")
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

  usage(isFinal: boolean): Usage {
    return this.used.total(isFinal)
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
      rows.push(this.decode(row as object as Row))
      this.used.add(row)
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

  /** A cut between two rows looks like their end. */
  private lacking(): Failure | undefined {
    const { count, expected = 0 } = this
    return count >= expected ? undefined : invalidResponse(this.source.attempt, this.source.response, "unreadable", {
      message: `The results end after ${count} rows, and the batch counts ${expected}: they were cut. Try again.`
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

  private decode(row: Row): Row {
    if (row.result.type !== "errored") return row
    const request = requestOf(this.source.attempt, modelOfRow(this.data.args[0], row.custom_id))
    return { ...row, result: { ...row.result, error: fromErrorBody(request, new Headers(), row.result.error) } }
  }
}

/** The attempt that a row tells the end of: that of a message. Its reasons are those of the row's type, for both APIs. */
const requestOf = ({ clock, env, number, operation, startedAt }: Attempt, model: string | undefined): Attempt => {
  const name = operation.name.replace(/batches\.results$/, "create")
  return new Attempt(env, { ...resources.messages.create, name }, model, clock, number, undefined, startedAt)
}
