/**
 * What the SDK has and {@link module:Claude} has not: helpers that hold a loop or a state of their own, each with the reason
 * and with what to use in its place.
 *
 * **Details**
 *
 * Everything else that hangs off the SDK's client is a method of the service, at the same path. The helpers themselves stay
 * within reach through `ClaudeClient`.
 *
 * @since 0.1.0
 */

/**
 * A helper of the SDK.
 *
 * @category models
 * @since 0.1.0
 */
export interface SdkHelper {
  /** Its path in the SDK's client. */
  readonly path: string
  /** Why it is no method of the service. */
  readonly reason: string
  /** What to use in its place. */
  readonly instead: string
}

/**
 * All of them.
 *
 * @category data
 * @since 0.1.0
 */
export const sdkHelpers: ReadonlyArray<SdkHelper> = [
  {
    path: "beta.messages.toolRunner",
    reason: "It calls the model and the tools in a loop of its own, whose steps have no error channel.",
    instead: "Call `beta.messages.create` in a loop, and run tools as effects, until `stop_reason` is not `tool_use`."
  },
  {
    path: "beta.messages.thread",
    reason: "It keeps the messages of a conversation in an object that its calls change.",
    instead: "Keep the messages in a `Ref`, and pass them to `beta.messages.create`."
  },
  {
    path: "beta.environments.work.poller",
    reason: "It polls for work in a loop of its own, with waits that no schedule governs.",
    instead: "Repeat `beta.environments.work.poll` with a `Schedule`, then `ack` and `stop`."
  },
  {
    path: "beta.environments.work.worker",
    reason: "It polls, keeps leases alive and runs tools in loops of its own, until it is told to stop.",
    instead: "Repeat `beta.environments.work.poll`, and run `heartbeat` beside the work in a forked fiber."
  },
  {
    path: "beta.sessions.events.toolRunner",
    reason: "It reads a session's events and answers them in a loop of its own.",
    instead: "Run `beta.sessions.events.stream`, and answer each tool use with `beta.sessions.events.send`."
  },
  {
    path: "beta.webhooks.parseUnverified",
    reason: "It is `JSON.parse`: it makes no request, and takes anybody's word for an event.",
    instead: "Use `beta.webhooks.unwrap`, which verifies the signature first."
  }
]
