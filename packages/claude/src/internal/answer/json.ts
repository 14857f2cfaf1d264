/** Bodies that are one JSON value. */
import * as Exit from "effect/Exit"
import type * as ClaudeError from "../../ClaudeError.ts"
import type * as Reason from "../../Reason.ts"
import type { Source } from "./body.ts"
import { fromErrorBody, invalidResponse, isErrorBody, unreadable } from "./failures.ts"

type Failure = ClaudeError.CallError<Reason.Coded>

/** The value, or why it is not what the method returns. */
export const readJson = async (source: Source): Promise<Exit.Exit<unknown, Failure>> => {
  const { attempt, response } = source
  let body: unknown
  try {
    body = await parse(response)
  } catch (cause) {
    return Exit.fail(unreadable(attempt, response, cause))
  }
  const failure = refuse(source, body)
  return failure === undefined ? Exit.succeed(withIds(body, response)) : Exit.fail(failure)
}

/** As the SDK reads bodies (`defaultParseResponse` in its internal/parse.ts). */
const parse = (response: Response): unknown => {
  if (response.status === 204) return null
  if (!isJson(response)) return response.text()
  return response.headers.get("content-length") === "0" ? undefined : response.json()
}

const isJson = (response: Response): boolean => {
  const mediaType = response.headers.get("content-type")?.split(";")[0]?.trim() ?? ""
  return mediaType.includes("application/json") || mediaType.endsWith("+json")
}

const refuse = ({ attempt, response }: Source, body: unknown): Failure | undefined => {
  const { nullable = false, returns, shape } = attempt.operation
  if (isErrorBody(body)) return fromErrorBody(attempt, response.headers, body)
  if (body === undefined || body === null || body === "") {
    return nullable ? undefined : invalidResponse(attempt, response, "malformed-json", {
      message: `${attempt.host} answered with an empty body`
    })
  }
  if (typeof body !== "object") {
    return invalidResponse(attempt, response, "not-json", {
      message: `${attempt.host} answered with ${response.headers.get("content-type") ?? "text"} instead of JSON. ` +
        "Check the base URL, and proxies in between.",
      body
    })
  }
  if (shape === "page" && !Array.isArray(Reflect.get(body, "data"))) {
    return invalidResponse(attempt, response, "unexpected-shape", { message: "Expected a page of a list", body })
  }
  return returns !== undefined && Reflect.get(body, "type") !== returns
    ? invalidResponse(attempt, response, "unexpected-shape", { message: `Expected a body of type ${returns}`, body })
    : undefined
}

/** What the SDK adds to every object that it gives (`addResponseIDs` in its internal/parse.ts). */
const withIds = (value: unknown, response: Response): unknown =>
  typeof value !== "object" || value === null || Array.isArray(value) ? value : Object.defineProperties(value, {
    _request_id: { value: response.headers.get("request-id"), enumerable: false },
    _workspace_id: { value: response.headers.get("anthropic-workspace-id"), enumerable: false }
  })
