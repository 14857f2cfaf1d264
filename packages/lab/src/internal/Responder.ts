/** A scenario's server, at work: answers calls in virtual time. */
import type * as Scenario from "../Scenario.ts"
import * as Server from "../Server.ts"
import { type Gate, makeGate, type Passage } from "./gates.ts"
import type { Prng } from "./Prng.ts"

/** What the server says to a call: when the client hears more, and what of. */
export interface Reply {
  /** When the client hears the answer, or the next stage begins. */
  at: number
  /** 0: that is the answer. Otherwise the stage that follows. */
  stage: number
  /** Why the call failed. Without it, it succeeded. */
  failure: Server.Failure | undefined
}

export interface Responder {
  /** A call begins (stage 0), or comes to the stage that the last reply named. */
  respond(now: number, client: number, stage: number, reply: Reply): void
}

export const make = (scenario: Scenario.Scenario, clients: number, prng: Prng): Responder => {
  const contention = scenario.server.find((part) => part._tag === "Contention")
  if (contention !== undefined) return new Row(contention, clients, prng)
  const scale = scenario.ratedFor === undefined ? 1 : clients / scenario.ratedFor
  const gates = scenario.server.map((part) => makeGate(part, { scale, usage: scenario.usage, prng }))
  return new Gateway(gates, scenario.latency, prng)
}

/** Gates in a row, and work behind them. */
class Gateway implements Responder {
  private readonly gates: ReadonlyArray<Gate>
  private readonly latency: Scenario.Scenario["latency"]
  private readonly prng: Prng
  private readonly passage: Passage = { slowdown: 1, wait: 0 }

  constructor(gates: ReadonlyArray<Gate>, latency: Scenario.Scenario["latency"], prng: Prng) {
    this.gates = gates
    this.latency = latency
    this.prng = prng
  }

  respond(now: number, _client: number, _stage: number, reply: Reply): void {
    const { passage } = this
    passage.slowdown = 1
    passage.wait = 0
    reply.stage = 0
    for (const gate of this.gates) {
      reply.failure = gate(now, passage)
      if (reply.failure === undefined) continue
      reply.at = now + reply.failure.after
      return
    }
    reply.failure = undefined
    reply.at = now + passage.wait + passage.slowdown * this.workMillis()
  }

  private workMillis(): number {
    const { median, spread } = this.latency
    return spread === 0 ? median : median * Math.exp(spread * this.prng.nextNormal())
  }
}

/** One row with a version, read and then written on condition: `OccServer` and `OccClient` of the article's simulator. */
class Row implements Responder {
  private version = 0
  private readonly seen: Int32Array
  private readonly part: Server.Contention
  private readonly prng: Prng

  constructor(part: Server.Contention, clients: number, prng: Prng) {
    this.part = part
    this.prng = prng
    this.seen = new Int32Array(clients)
  }

  respond(now: number, client: number, stage: number, reply: Reply): void {
    reply.failure = undefined
    reply.stage = (stage + 1) % 3
    if (stage === 0) {
      reply.at = now + this.delay()
    } else if (stage === 1) {
      this.seen[client] = this.version
      reply.at = now + this.delay() + this.delay()
    } else {
      if (this.seen[client] === this.version) this.version++
      else reply.failure = Server.conflict
      reply.at = now + this.delay()
    }
  }

  private delay(): number {
    return Math.abs(this.part.networkMean + this.part.networkDeviation * this.prng.nextNormal())
  }
}
