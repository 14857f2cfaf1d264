/** The service from the rows of its methods: each resource is made when it is first asked for. */
import type { Interceptor } from "../../Interceptor.ts"
import * as Operation from "../../Operation.ts"
import type { CallEnv } from "./callData.ts"
import { intercepted } from "./clientEnv.ts"
import { type Method, methodOf, pageMethod } from "./methods.ts"
import { objectMethod, objectStreamMethod } from "./objectMethods.ts"

interface Methods {
  [name: string]: Method | Methods
}

/** The service over a client, with interceptors beside the client's own. */
export const makeService = (client: CallEnv, interceptors: ReadonlyArray<Interceptor>): never => {
  const env = interceptors.length === 0 ? client : intercepted(client, interceptors)
  // The methods are made from the operation table, the types from the same SDK by the same generator.
  return makeResource(env, Operation.root, "") as never
}

const makeResource = (env: CallEnv, resource: Operation.Resource, path: string): Methods => {
  const made: Methods = {}
  for (const [name, member] of Object.entries(resource)) {
    if (Operation.isRow(member)) addMethod(made, env, name, { name: path + name, ...member })
    else addLazily(made, name, () => makeResource(env, member, `${path}${name}.`))
  }
  return Object.assign(made, additions[path]?.(made))
}

/** Methods of our own, made of the SDK's beside them, by the path of the resource. */
const additions: Readonly<Record<string, (methods: Methods) => Methods>> = {
  "messages.": ({ create, stream }) => ({
    object: objectMethod(create as never) as Method,
    objectStream: objectStreamMethod(stream as never) as Method
  })
}

const addMethod = (made: Methods, env: CallEnv, name: string, operation: Operation.Operation): void => {
  made[name] = methodOf(env, operation)
  if (operation.shape === "page") made[`${name}Page`] = pageMethod(env, operation)
}

/** Enumerable, and writable once it is made, so that a resource can be spread and replaced like any object. */
const addLazily = (target: Methods, name: string, make: () => Methods): void => {
  const settle = (value: Methods): Methods => {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
    return value
  }
  Object.defineProperty(target, name, { get: () => settle(make()), set: settle, enumerable: true, configurable: true })
}
