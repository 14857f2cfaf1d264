/** The conversations that the simulated API holds between turns, each under the id of its last answer. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as ApiError from "./apiError.ts"
import type { CreateRequest } from "./messageRequest.ts"

interface Thread {
  readonly messages: CreateRequest["messages"]
  /** What the thread was created with, and keeps. */
  readonly kept: Pick<CreateRequest, "system" | "tools">
  isContinued: boolean
}

export interface Store {
  /** The whole conversation of a request that continues one; any other request as it is. */
  readonly whole: (request: CreateRequest) => Effect.Effect<CreateRequest, ApiError.ApiError>
  /** Holds the conversation of a request that asked for it, with its answer. */
  readonly hold: (request: CreateRequest, answer: Answer) => void
  readonly clear: () => void
}

interface Answer {
  readonly id: string
  readonly content: CreateRequest["messages"][number]["content"]
}

const previousId = ({ thread }: CreateRequest): string | undefined =>
  Predicate.hasProperty(thread, "previous_message_id") && Predicate.isString(thread.previous_message_id)
    ? thread.previous_message_id
    : undefined

export const make = (): Store => {
  const threads = new Map<string, Thread>()

  const find = (id: string): Effect.Effect<Thread, ApiError.ApiError> => {
    const thread = threads.get(id)
    if (thread === undefined) {
      return Effect.fail(
        new ApiError.ApiError({ status: 404, code: "thread_not_found", detail: `Thread not found: ${id}` })
      )
    }
    return thread.isContinued
      ? Effect.fail(
        new ApiError.ApiError({
          status: 400,
          code: "thread_already_continued",
          detail: `Thread ${id} has been continued by another request`
        })
      )
      : Effect.succeed(thread)
  }

  return {
    whole: (request) => {
      const id = previousId(request)
      return id === undefined ? Effect.succeed(request) : Effect.map(find(id), ({ kept, messages }) => ({
        ...request,
        ...kept,
        messages: [...messages, ...request.messages]
      }))
    },
    hold: (request, { content, id }) => {
      if (request.thread === undefined || request.thread === null) return
      const previous = threads.get(previousId(request) ?? "")
      if (previous !== undefined) previous.isContinued = true
      threads.set(id, {
        messages: [...request.messages, { role: "assistant", content }],
        kept: {
          ...(request.system === undefined ? {} : { system: request.system }),
          ...(request.tools === undefined ? {} : { tools: request.tools })
        },
        isContinued: false
      })
    },
    clear: () => threads.clear()
  }
}
