/** Lists in pages. */
import * as Option from "effect/Option"

export interface Page<A> {
  readonly data: ReadonlyArray<A>
  readonly has_more: boolean
  readonly first_id: string | null
  readonly last_id: string | null
}

export interface PageRequest {
  readonly limit: number
  readonly afterId: Option.Option<string>
  readonly beforeId: Option.Option<string>
}

/** One page of a list, or nothing where a cursor is not in the list. */
export const page = <A extends { readonly id: string }>(
  items: ReadonlyArray<A>,
  { afterId, beforeId, limit }: PageRequest
): Option.Option<Page<A>> => {
  const indexOf = (id: string) => items.findIndex((item) => item.id === id)
  const after = Option.match(afterId, { onNone: () => -1, onSome: indexOf })
  const before = Option.match(beforeId, { onNone: () => items.length, onSome: indexOf })
  if ((Option.isSome(afterId) && after < 0) || before < 0) return Option.none()
  // Backwards, a page is the one next to its cursor, still in the order of the list.
  const from = Option.isSome(beforeId) ? Math.max(before - limit, after + 1) : after + 1
  const to = Option.isSome(beforeId) ? before : Math.min(from + limit, before)
  const data = items.slice(from, to)
  return Option.some({
    data,
    has_more: Option.isSome(beforeId) ? from > after + 1 : to < before,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null
  })
}
