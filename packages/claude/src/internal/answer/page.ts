/** Pages of a list, as the SDK's own objects: they know how the next one is asked for. */
import {
  type AbstractPage,
  BidirectionalPageCursor,
  Page,
  PageCursor,
  ReportPageCursor,
  TokenPage
} from "@anthropic-ai/sdk/core/pagination"
import * as Exit from "effect/Exit"
import type { CallData } from "../road/callData.ts"
import type { Source } from "./body.ts"
import { readJson } from "./json.ts"

export type AnyPage = AbstractPage<unknown>

type PageClass = new(
  client: CallData["env"]["client"],
  response: Response,
  // What of the body a page reads has been looked at.
  body: never,
  options: ConstructorParameters<typeof AbstractPage>[3]
) => AnyPage

const pageClasses = { BidirectionalPageCursor, Page, PageCursor, ReportPageCursor, TokenPage }

/** The page, whose next one has the query of `query`, with the cursor changed. */
export const readPage = async (source: Source, { env, operation }: CallData, query: object | undefined) => {
  const body = await readJson(source)
  if (Exit.isFailure(body)) return body
  const PageOf: PageClass = pageClasses[operation.page ?? "Page"]
  return Exit.succeed(
    new PageOf(env.client, source.response, body.value as never, { method: "get", path: operation.route, query })
  )
}
