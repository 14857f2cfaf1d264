/** What is known of a method: a row of data. The road in `call.ts` does the rest. */

/** How a method answers. */
export type Shape = "json" | "page" | "events"

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
}
