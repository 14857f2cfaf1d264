/** The settings of a simulator. */
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import type * as Replies from "../Replies.ts"
import type * as Scenario from "../Scenario.ts"
import type { GivenFile } from "./files.ts"
import type { JournalEntry } from "./journal.ts"
import type { Limits } from "./limits.ts"
import type { Reply } from "./message.ts"
import type { Model } from "./models.ts"
import type { Pacing } from "./pacing.ts"

/**
 * How to set up a simulator.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The key it accepts. */
  readonly apiKey?: Redacted.Redacted<string> | undefined
  /** Further keys that it accepts, each with limits of its own. */
  readonly moreApiKeys?: ReadonlyArray<Redacted.Redacted<string>> | undefined
  /** The models it serves, newest first, in place of its own. Default: every model that the SDK's types name. */
  readonly models?: ReadonlyArray<Model> | undefined
  /**
   * What messages say. It is cut off where `max_tokens` runs out or a stop sequence comes. Default: what the request asks
   * for, the same for the same request. That is a use of the tool that `tool_choice` demands or the last user text names,
   * JSON for an output format, citations of the documents to cite, or as many words as the last user text asks for ("in
   * 20 words"), or 32; with thinking before it, where that is on.
   */
  readonly reply?: Reply | undefined
  /** Canned answers by rule, which come before `reply`. Default: none. */
  readonly replies?: Replies.Replies | undefined
  /** Default: as fast as can be. */
  readonly pacing?: Pacing | undefined
  /** How long a batch takes, its requests one after the other in even steps. Default: 1 second. */
  readonly batchDuration?: Duration.Input | undefined
  /** The files that are there from the start, newest first. Default: none. */
  readonly files?: ReadonlyArray<GivenFile> | undefined
  /** Faults by rule, by chance and by the clock, which runs from when the layer is built. Default: none. */
  readonly scenario?: Scenario.Scenario | undefined
  /** Default: none, and headers that never change. */
  readonly limits?: Limits | undefined
  /**
   * Headers whose values the journal hides, beside those whose names say that they are secret (`authorization`,
   * `x-gateway-token`) and, without a socket, those that a client of `effect-claude` was given as `Redacted`.
   */
  readonly secretHeaders?: ReadonlyArray<string> | undefined
  /** Called as each exchange ends, for a live log. */
  readonly onExchange?: ((entry: JournalEntry) => void) | undefined
  /** Default: a free port. */
  readonly port?: number | undefined
  /** The address to listen on. Default: the loopback interface, `127.0.0.1`. */
  readonly host?: string | undefined
  /**
   * Serves a page to watch and to steer the simulator at `/__simulator`, and what the page uses:
   *
   * - `GET /__simulator/journal`: the requests so far. `GET /__simulator/state`: limits, and what is in line.
   * - `POST /__simulator/faults`: an array of faults for the script, or a scenario to play from now on.
   * - `POST /__simulator/replies`: the canned answers from now on.
   * - `POST /__simulator/reset`: as `reset` of the service.
   *
   * None of them wants a key. Pages of other sites are refused. Default: false.
   */
  readonly control?: boolean | undefined
}
