/** How the types of request bodies are written down. */

/** What has no parts, as far as the types say. */
export type Atom = "string" | "number" | "boolean" | "null" | "any"

/** A JSON by its type: `"#Name"` is an interface, `[…]` a list, `{ all }` a dictionary, `{ is }` a literal. */
export type Body =
  | Atom
  | `#${string}`
  | { readonly is: string | number | boolean }
  | readonly [Body]
  | { readonly all: Body }
  | { readonly or: ReadonlyArray<Body> }

/** The fields of an interface. One with a `?` may be left out; `"..."` says that there may be others. */
export type Fields = Readonly<Record<string, Body>>
