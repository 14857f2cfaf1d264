/** The settings of a simulator. */
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
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
   * `x-gateway-token`).
   */
  readonly secretHeaders?: ReadonlyArray<string> | undefined
  /** Called as each exchange ends, for a live log. */
  readonly onExchange?: ((entry: JournalEntry) => void) | undefined
  /** Default: a free port. */
  readonly port?: number | undefined
  /** The address to listen on. Default: the loopback interface, `127.0.0.1`. */
  readonly host?: string | undefined
  /**
   * Serves `GET /__simulator/journal` and `POST /__simulator/faults`, which takes an array of faults for the script, or a
   * scenario to play from now on. Neither wants a key. Default: false.
   */
  readonly control?: boolean | undefined
}
