/** What happens next: a binary heap of clients by the time of their one pending event. */
export class EventQueue {
  private readonly times: Float64Array
  private readonly clients: Int32Array
  private size = 0

  constructor(capacity: number) {
    this.times = new Float64Array(capacity)
    this.clients = new Int32Array(capacity)
  }

  get isEmpty(): boolean {
    return this.size === 0
  }

  /** The time of the next event. */
  get nextTime(): number {
    return this.times[0] ?? 0
  }

  push(time: number, client: number): void {
    const { clients, times } = this
    let at = this.size++
    while (at > 0) {
      const parent = (at - 1) >> 1
      const parentTime = times[parent] ?? 0
      if (parentTime <= time) break
      times[at] = parentTime
      clients[at] = clients[parent] ?? 0
      at = parent
    }
    times[at] = time
    clients[at] = client
  }

  /** Takes the client of the next event. */
  pop(): number {
    const { clients, times } = this
    const first = clients[0] ?? 0
    const last = --this.size
    const time = times[last] ?? 0
    const client = clients[last] ?? 0
    let at = 0
    for (let child = 1; child < last; child = 2 * at + 1) {
      if (child + 1 < last && (times[child + 1] ?? 0) < (times[child] ?? 0)) child++
      const childTime = times[child] ?? 0
      if (childTime >= time) break
      times[at] = childTime
      clients[at] = clients[child] ?? 0
      at = child
    }
    times[at] = time
    clients[at] = client
    return first
  }
}
