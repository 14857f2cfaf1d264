/** The service from the rows of its methods: each resource is made when it is first asked for. */
import type { Interceptor } from "../../Interceptor.ts"
import { isRow, type Operation, type Resource, type Row } from "../../Operation.ts"
import type { CallEnv } from "./callData.ts"
import { intercepted } from "./clientEnv.ts"
import { methodOf, pageMethod } from "./methods.ts"
import { objectMethods } from "./objectMethods.ts"

/** The methods that are made of those beside them, and have no row. */
type Made = "object" | "objectWithMessage" | "objectStream"

/** The rows that methods of these types are made of. A list and its pages share one. */
export type RowsOf<Methods> = {
  readonly [
    Name in keyof Methods as Name extends Made ? never :
      Name extends `${infer List extends keyof Methods & string}Page` ? List extends keyof Methods ? never : Name
      : Name
  ]: Methods[Name] extends (...args: never) => unknown ? Row : RowsOf<Methods[Name]>
}

interface Members {
  [name: string]: unknown
}

/**
 * The service over a client, with interceptors beside the client's own. The types say that there is a row for each method;
 * that a row makes a method of the generated type, the tests say.
 */
export const makeService = <Methods>(
  rows: RowsOf<Methods> & Resource,
  client: CallEnv,
  interceptors: ReadonlyArray<Interceptor>
): Methods => {
  const env = interceptors.length === 0 ? client : intercepted(client, interceptors)
  return makeResource(env, rows, "") as Methods
}

const makeResource = (env: CallEnv, resource: Resource, path: string): Members => {
  const made: Members = {}
  for (const [name, member] of Object.entries(resource)) {
    if (isRow(member)) addMethod(made, env, name, { name: path + name, ...member })
    else addLazily(made, name, () => makeResource(env, member, `${path}${name}.`))
  }
  if (path === "messages." || path === "beta.messages.") {
    const { create, stream } = made as { readonly [Name in "create" | "stream"]: never }
    Object.assign(made, objectMethods(path, create, stream) satisfies Record<Made, unknown>)
  }
  return made
}

const addMethod = (made: Members, env: CallEnv, name: string, operation: Operation): void => {
  made[name] = methodOf(env, operation)
  if (operation.shape === "page") made[`${name}Page`] = pageMethod(env, operation)
}

/** Enumerable, and writable once it is made, so that a resource can be spread and replaced like any object. */
const addLazily = (target: Members, name: string, make: () => Members): void => {
  const settle = (value: Members): Members => {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
    return value
  }
  Object.defineProperty(target, name, { get: () => settle(make()), set: settle, enumerable: true, configurable: true })
}
