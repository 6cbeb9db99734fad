// What the provider remembers, in memory. The library asks for an adapter to each kind of thing; all of them share one
// storage, so that a provider with other keys goes on where the one before it was.

export class Storage {
  #entries = new Map();

  /** An adapter, as the library wants one for each kind. */
  adapter(kind) {
    return new Adapter(kind, this.#entries);
  }

  /** Everything of a kind that has not expired. */
  all(kind) {
    const entries = [...this.#entries.values()].filter((entry) => entry.kind === kind && isCurrent(entry));
    return entries.map((entry) => entry.payload);
  }
}

function isCurrent(entry) {
  return entry !== undefined && Date.now() < entry.ends;
}

class Adapter {
  #kind;
  #entries;

  constructor(kind, entries) {
    this.#kind = kind;
    this.#entries = entries;
  }

  #name(id) {
    return `${this.#kind}:${id}`;
  }

  async upsert(id, payload, seconds) {
    const ends = seconds === undefined ? Infinity : Date.now() + seconds * 1000;
    this.#entries.set(this.#name(id), { kind: this.#kind, payload, ends });
  }

  async find(id) {
    const entry = this.#entries.get(this.#name(id));
    return isCurrent(entry) ? entry.payload : undefined;
  }

  async findByUid(uid) {
    return this.#where((payload) => payload.uid === uid).at(0)?.[1].payload;
  }

  async findByUserCode() {
    return undefined;
  }

  async consume(id) {
    const entry = this.#entries.get(this.#name(id));
    if (entry) entry.payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    this.#entries.delete(this.#name(id));
  }

  async revokeByGrantId(grantId) {
    for (const [name] of this.#where((payload) => payload.grantId === grantId)) this.#entries.delete(name);
  }

  #where(holds) {
    const own = [...this.#entries].filter(([, entry]) => entry.kind === this.#kind);
    return own.filter(([, entry]) => isCurrent(entry) && holds(entry.payload));
  }
}
