// The journal as this page has it: requests by number, and when the bytes of each left.

const KEPT_MOMENTS = 4000;

/** Moments (s) and sizes (bytes) of what was sent for one request, oldest first. */
class Sent {
  moments = [];
  sizes = [];
  whole = true; // all of it was seen by this page

  add(moment, size) {
    if (this.moments.length >= KEPT_MOMENTS) this.#halve();
    this.moments.push(moment);
    this.sizes.push(size);
  }

  /** Neighbours are joined, so that a long stream costs no more than a picture of it needs. */
  #halve() {
    for (const list of [this.moments, this.sizes]) {
      const sum = list === this.sizes;
      for (let to = 0; to * 2 < list.length; to += 1) {
        const next = list[to * 2 + 1] ?? 0;
        list[to] = sum ? list[to * 2] + next : list[to * 2];
      }
      list.length = Math.ceil(list.length / 2);
    }
  }
}

export class Journal {
  most = 1000;
  #byNumber = new Map();
  #order = []; // numbers, oldest first
  #sent = new Map();
  #meanwhile = new Set(); // numbers that were heard of since a reading of the whole began

  get size() {
    return this.#order.length;
  }

  get(number) {
    return this.#byNumber.get(number);
  }

  /** The requests, newest first. */
  *[Symbol.iterator]() {
    for (let index = this.#order.length - 1; index >= 0; index -= 1) yield this.#byNumber.get(this.#order[index]);
  }

  note(request) {
    this.#meanwhile.add(request.number);
    const known = this.#byNumber.get(request.number);
    if (!known) {
      // Numbers come in order, but for a page that was read while new ones came.
      let at = this.#order.length;
      while (at > 0 && this.#order[at - 1] > request.number) at -= 1;
      this.#order.splice(at, 0, request.number);
      this.#sent.set(request.number, Object.assign(new Sent(), { whole: request.segments === 0 }));
    } else if (known.ending !== "open" && request.ending === "open") {
      return; // older than what is known
    }
    // Whoever shows it keeps the object: it stays the same one, and changes.
    if (known) Object.assign(known, request);
    else this.#byNumber.set(request.number, Object.assign(request, { seen: performance.now() / 1000 }));
    if (this.#order.length > this.most + 200) this.#forget(this.#order.length - this.most);
  }

  /** A reading of the whole begins: what is heard from now on may not be in it. */
  reading() {
    this.#meanwhile.clear();
  }

  replace(requests) {
    const before = this.#byNumber;
    const kept = this.#sent;
    this.#byNumber = new Map();
    this.#sent = new Map();
    this.#order = [];
    for (const request of [...requests].reverse()) {
      const known = before.get(request.number);
      const same = known && known.time === request.time; // numbers begin anew with each fake
      if (same && kept.has(request.number)) this.#sent.set(request.number, kept.get(request.number));
      else this.#sent.set(request.number, Object.assign(new Sent(), { whole: request.segments === 0 }));
      request.seen = same ? known.seen : performance.now() / 1000 - Math.max(0, Date.now() / 1000 - request.time);
      this.#byNumber.set(request.number, same && known.ending !== "open" ? known : request);
      this.#order.push(request.number);
    }
    for (const number of this.#meanwhile) {
      if (this.#byNumber.has(number) || !before.has(number)) continue;
      this.note(before.get(number));
      this.#sent.set(number, kept.get(number));
    }
  }

  sent({ number, segments, bytes, sent }) {
    const request = this.#byNumber.get(number);
    if (!request) return;
    request.segments = Math.max(request.segments, segments);
    request.bytes = Math.max(request.bytes, bytes);
    const seen = this.#sent.get(number);
    for (const [moment, size] of sent) seen.add(moment, size);
  }

  sentOf(number) {
    return this.#sent.get(number);
  }

  /** What the fake knows of a stream that this page did not see from its start. */
  learn(number, moments, sizes) {
    const seen = this.#sent.get(number);
    if (!seen || seen.whole) return;
    Object.assign(seen, { moments, sizes, whole: true });
  }

  clear(which = () => true) {
    for (const number of [...this.#order]) {
      if (!which(this.#byNumber.get(number))) continue;
      this.#byNumber.delete(number);
      this.#sent.delete(number);
    }
    this.#order = this.#order.filter((number) => this.#byNumber.has(number));
  }

  #forget(most) {
    for (const number of this.#order.splice(0, most)) {
      this.#byNumber.delete(number);
      this.#sent.delete(number);
    }
  }
}
