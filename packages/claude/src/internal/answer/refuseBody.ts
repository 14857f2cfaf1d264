/** What is no answer, though its status says success. */
import type { Attempt } from "../road/attempt.ts"
import { fromErrorBody, invalidResponse, isErrorBody } from "./decodeFailure.ts"
import { Refused } from "../road/exchange.ts"

/** Throws {@link Refused} where a body is not what the method returns. */
export const refuseBody = (attempt: Attempt, response: Response, body: unknown): void => {
  const failure = failureOf(attempt, response, body)
  if (failure !== undefined) throw new Refused(failure)
}

const failureOf = (attempt: Attempt, response: Response, body: unknown): Refused["failure"] | undefined => {
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
    return invalidResponse(attempt, response, "unexpected-shape", { message: "The answer is no page of a list", body })
  }
  return returns !== undefined && Reflect.get(body, "type") !== returns
    ? invalidResponse(attempt, response, "unexpected-shape", { message: `The answer is no ${returns}`, body })
    : undefined
}
