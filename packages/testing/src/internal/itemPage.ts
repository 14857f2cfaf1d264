/** A page of a list as the SDK has them, with no page after it. */
import { AbstractPage } from "@anthropic-ai/sdk/core/pagination"

export class ItemPage<Item> extends AbstractPage<Item> {
  readonly data: Array<Item>
  readonly has_more = false
  readonly first_id: unknown
  readonly last_id: unknown
  readonly next_page = null

  constructor(items: ReadonlyArray<Item>) {
    // The client, the response and the request only serve to ask for a next page.
    const unused = undefined as never
    super(unused, unused, unused, unused)
    this.data = [...items]
    this.first_id = idOf(items[0])
    this.last_id = idOf(items.at(-1))
  }

  override getPaginatedItems(): Array<Item> {
    return this.data
  }

  override nextPageRequestOptions(): null {
    return null
  }
}

const idOf = (item: unknown): unknown => typeof item === "object" && item !== null ? Reflect.get(item, "id") : null
