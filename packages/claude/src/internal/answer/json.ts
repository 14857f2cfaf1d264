/** Bodies that are one JSON value. */
import * as Exit from "effect/Exit"
import type * as ClaudeError from "../../ClaudeError.ts"
import type * as Reason from "../../Reason.ts"
import type { Source } from "./body.ts"
import { fromErrorBody, invalidResponse, isErrorBody, requestIdOf, unreadable } from "./failures.ts"
import { problemOf } from "./shapes.ts"

type Failure = ClaudeError.CallError<Reason.Coded>

/** The value, or why it is not what the method returns. */
export const readJson = async (source: Source): Promise<Exit.Exit<unknown, Failure>> => {
  const text = await readText(source)
  return Exit.isFailure(text) ? text : judge(source, text.value)
}

/** The whole body. Whatever throws while it is read is an answer that cannot be read. */
export const readText = async (
  { attempt, response }: Source,
  read = () => response.text()
): Promise<Exit.Exit<string, Failure>> => {
  try {
    const text: unknown = await read()
    return typeof text === "string" ? Exit.succeed(text) : Exit.fail(unreadable(attempt, response, text))
  } catch (cause) {
    return Exit.fail(unreadable(attempt, response, cause))
  }
}

/** The failure of an exit that has one. */
export const failureIn = <E>(exit: Exit.Exit<unknown, E>): E | undefined =>
  Exit.isFailure(exit)
    ? exit.cause.reasons.flatMap((reason) => reason._tag === "Fail" ? [reason.error] : [])[0]
    : undefined

const judge = (source: Source, text: string): Exit.Exit<unknown, Failure> => {
  const { attempt, response } = source
  if (attempt.operation.nullable === true && isNothing(text)) return Exit.succeed(null)
  const body = parseBody(source, text)
  if (Exit.isFailure(body)) return body
  const problem = problemOf(attempt.operation, body.value)
  return problem === undefined
    ? Exit.succeed(withIds(body.value, response))
    : Exit.fail(invalidResponse(attempt, response, "unexpected-shape", {
      message: `${attempt.host} answered with another kind of body than ${attempt.operation.name} returns: ${problem}`,
      body: body.value
    }))
}

const isNothing = (text: string): boolean => text.trim() === "" || text.trim() === "null"

/** What a body says under a status of success, whatever its method returns: JSON that is no error. */
export const parseBody = ({ attempt, response }: Source, text: string): Exit.Exit<unknown, Failure> => {
  if (text.trim() === "") {
    return Exit.fail(
      invalidResponse(attempt, response, "malformed-json", { message: `${attempt.host} answered with an empty body` })
    )
  }
  const parsed = isHtml(response) ? new Malformed("a page") : parse(text)
  if (parsed instanceof Malformed) {
    return Exit.fail(
      isMeantAsJson(response, text)
        ? invalidResponse(attempt, response, "malformed-json", {
          message: `The answer is not complete JSON: ${parsed.message}`,
          cause: parsed.cause,
          body: text
        })
        : invalidResponse(attempt, response, "not-json", {
          message: `${attempt.host} answered with ${response.headers.get("content-type") ?? "text"} instead of JSON. ` +
            "Check the base URL, and proxies in between.",
          body: text
        })
    )
  }
  return isErrorBody(parsed) ? Exit.fail(fromErrorBody(attempt, response.headers, parsed)) : Exit.succeed(parsed)
}

class Malformed extends Error {}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    return new Malformed(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

const isHtml = (response: Response): boolean => mediaTypeOf(response).includes("html")

/** What begins as JSON, or says so, was cut or broken on its way. Another kind of body is what this address answers. */
const isMeantAsJson = (response: Response, text: string): boolean =>
  !isHtml(response) && (/^\s*[[{]/.test(text) || (isJson(response) && !/^\s*</.test(text)))

export const isJson = (response: Response): boolean => {
  const mediaType = mediaTypeOf(response)
  return mediaType.includes("application/json") || mediaType.endsWith("+json")
}

export const mediaTypeOf = (response: Response): string =>
  (response.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? ""

/** What the SDK adds to every object that it gives (`addResponseIDs` in its internal/parse.ts). */
const withIds = (value: unknown, response: Response): unknown =>
  Object.defineProperties(value, {
    _request_id: { value: requestIdOf(response) ?? null, enumerable: false },
    _workspace_id: { value: response.headers.get("anthropic-workspace-id"), enumerable: false }
  })
