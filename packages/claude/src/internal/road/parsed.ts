/** `messages.parse`: the SDK's `create`, and what the SDK makes of its answer. */
import type { APIPromise } from "@anthropic-ai/sdk/core/api-promise"
import type { Attempt } from "./attempt.ts"
import { type Answer, invoke, type Request, sdkMethod } from "./call.ts"
import { invalidResponse } from "../answer/decodeFailure.ts"
import { Refused } from "./exchange.ts"

/**
 * Runs the SDK's `parse` on a resource whose `create` is read and checked first, so that a failure tells whether it is one
 * of the call or one of parsing, which is what fails last.
 */
export const readParsed = async (
  request: Request,
  attempt: Attempt,
  signal: AbortSignal,
  receive: (promise: APIPromise<unknown>) => Promise<Answer<unknown>>
): Promise<Answer<unknown>> => {
  let answer: Answer<unknown> | undefined
  const method = sdkMethod(request.env, request.operation, (resource) => {
    const create = async (...args: ReadonlyArray<unknown>): Promise<unknown> => {
      answer = await receive(Reflect.apply(Reflect.get(resource, "create"), resource, args))
      return answer.data
    }
    return Object.create(resource, { create: { value: create } })
  })
  try {
    const data = await invoke<Promise<unknown>>(request, attempt, signal, method)
    if (answer === undefined) throw new Error(`${request.operation.name} of this SDK does not call create`)
    return { response: answer.response, data }
  } catch (cause) {
    if (answer === undefined) throw cause
    throw new Refused(invalidResponse(attempt, answer.response, "unexpected-shape", {
      message: cause instanceof Error ? cause.message : String(cause),
      cause
    }))
  }
}
