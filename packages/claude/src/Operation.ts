/**
 * What a method of the service is, as data: its name, its request, how it answers, and the error codes that it documents.
 *
 * **Details**
 *
 * {@link all} has a row for each method of the SDK that the service has. `list` and `listPage` share a row, and so do
 * `messages.create` and `messages.object`: a row is what is asked of the API.
 *
 * **Example** (Every method that changes something)
 *
 * ```ts
 * import { Operation } from "effect-claude"
 *
 * export const writes = Operation.all.filter(({ repeatable }) => !repeatable).map(({ name }) => name)
 * ```
 *
 * @since 0.1.0
 * @stability stable
 */

import { resources } from "./generated/operations.ts"

/**
 * How a method answers: `json` one body · `parsed` one body, read by a parser of the caller's · `page` a list ·
 * `events` server-sent events · `bytes` a download · `rows` a file of rows · `custom` without a request.
 *
 * @category models
 * @since 0.1.0
 * @stability stable
 */
export type Shape = "json" | "parsed" | "page" | "events" | "bytes" | "rows" | "custom"

/**
 * A method of the service.
 *
 * @category models
 * @since 0.1.0
 * @stability stable
 */
export interface Operation {
  /** The method's path in the service, such as `messages.batches.create`. */
  readonly name: string
  /** The HTTP method. */
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** The path of the request with the names of its parameters, such as `/v1/models/{model_id}`. */
  readonly route: string
  readonly shape: Shape
  /** Whether doing it twice is harmless: reads, token counts and message creation are, and writes of which the API says so. */
  readonly repeatable: boolean
  /** The tags of the error codes that the SDK documents for the method. */
  readonly reasons: ReadonlyArray<string>
  /** How many arguments stand before the options. */
  readonly arity: number
  /** The method's path in the SDK's client, where it is another. */
  readonly sdk?: string
  /** The `type` of the body, where bodies of its kind have one. */
  readonly returns?: string
  /** The fields by which a body shows what it is, besides its `type`, each with its kind. */
  readonly fields?: Readonly<Record<string, FieldKind>>
  /** The SDK's class for pages of the method. */
  readonly page?: "Page" | "PageCursor" | "TokenPage" | "BidirectionalPageCursor" | "ReportPageCursor"
  /** The body may be `null`, or empty. */
  readonly nullable?: boolean
  /** The request is a form, which may hold files. */
  readonly uploads?: boolean
}

/**
 * A kind of JSON value.
 *
 * @category models
 * @since 0.1.0
 * @stability stable
 */
export type FieldKind = "string" | "number" | "boolean" | "array" | "object"

/**
 * What a row of a resource says; its name is where it stands.
 *
 * @internal
 */
export interface Row extends Omit<Operation, "name"> {}

/** @internal */
export interface Resource {
  readonly [name: string]: Row | Resource
}

/** @internal */
export const isRow = (member: Row | Resource): member is Row => typeof member.route === "string"

/** @internal */
export const root: Resource = resources

const rowsOf = (resource: Resource, path: string): ReadonlyArray<Operation> =>
  Object.entries(resource).flatMap(([name, member]) =>
    isRow(member) ? [{ name: path + name, ...member }] : rowsOf(member, `${path}${name}.`)
  )

/**
 * Every method of the service that the SDK has too.
 *
 * @category data
 * @since 0.1.0
 * @stability stable
 */
export const all: ReadonlyArray<Operation> = /* @__PURE__ */ rowsOf(root, "")

let byName: ReadonlyMap<string, Operation> | undefined

/**
 * The method of this name, such as `messages.batches.create`. `undefined` where there is none.
 *
 * @category getters
 * @since 0.1.0
 * @stability stable
 */
export const get = (name: string): Operation | undefined =>
  (byName ??= new Map(all.map((operation) => [operation.name, operation]))).get(name)
