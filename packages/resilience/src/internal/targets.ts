/** Names for what calls go to: the model, at the client's host. */
import type * as Interceptor from "effect-claude/Interceptor"

/** Clients of one host are told apart by a number, in the order in which they are seen: their keys may have own limits. */
export class Targets {
  private readonly clients = new WeakMap<object, string>()
  private readonly perHost = new Map<string, number>()

  nameOf({ client, model }: Pick<Interceptor.CallInfo, "client" | "model">): string {
    const name = this.clients.get(client.client) ?? this.add(client)
    return model === undefined ? name : `${name} ${model}`
  }

  private add({ client }: Interceptor.CallInfo["client"]): string {
    const host = URL.parse(client.baseURL)?.host ?? "the API"
    const number = (this.perHost.get(host) ?? 0) + 1
    this.perHost.set(host, number)
    const name = number === 1 ? host : `${host}#${number}`
    this.clients.set(client, name)
    return name
  }
}
