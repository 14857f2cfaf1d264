/** What is known of a method: a row of data. The road in `call.ts` does the rest. */

/**
 * How a method answers: `json` one body · `parsed` one body, read by a parser of the caller's · `page` a list ·
 * `events` server-sent events · `bytes` a download · `rows` a file of rows · `custom` without a request.
 */
export type Shape = "json" | "parsed" | "page" | "events" | "bytes" | "rows" | "custom"

export interface Operation {
  /** The method's path in the service, such as `messages.batches.create`. */
  readonly name: string
  /** The method's path in the SDK's client, where it is another. */
  readonly sdk?: string
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly route: string
  readonly shape: Shape
  /** Whether doing it twice is harmless. */
  readonly repeatable: boolean
  /** How many arguments stand before the options. */
  readonly arity: number
  /** The documented reasons, by tag. */
  readonly reasons: ReadonlyArray<string>
  /** The `type` that a body of this method has, if bodies of its kind have one. */
  readonly returns?: string
  /** The SDK's class for pages of this method. */
  readonly page?: "Page" | "PageCursor" | "TokenPage" | "BidirectionalPageCursor" | "ReportPageCursor"
  /** The body may be `null`, or empty. */
  readonly nullable?: boolean
}
