// SPDX-License-Identifier: Apache-2.0
// A little of everything that JavaScript programs do. The tests compare what it prints under pirn, as a QuickJS and as a
// StarlingMonkey component, with what Node prints.

class Account {
  #balance = 0;
  constructor(owner) { this.owner = owner; }
  deposit(amount) {
    if (!(amount > 0)) throw new RangeError(`bad amount: ${amount}`);
    this.#balance += amount;
    return this;
  }
  get balance() { return this.#balance; }
}

const counter = (start) => {
  let n = start;
  return { next: () => n++, reset: () => { n = start; } };
};

function* fibonacci() {
  for (let [a, b] = [0, 1]; ; [a, b] = [b, a + b]) yield a;
}

const wordCount = (text) => {
  const counts = new Map();
  for (const [word] of text.toLowerCase().matchAll(/[a-zß-ÿ]+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
};

function main() {
  const account = new Account("Ada").deposit(10).deposit(32);
  console.log("account", account.owner, account.balance);
  try { account.deposit(-1); } catch (e) { console.log(e.name, "|", e.message, "|", e instanceof RangeError); }
  try { null.x; } catch (e) { console.log(e instanceof TypeError); } finally { console.log("finally"); }

  const c = counter(5);
  c.next(); c.next();
  console.log("closure", c.next(), (c.reset(), c.next()));

  const first = [];
  for (const f of fibonacci()) { if (f > 500) break; first.push(f); }
  console.log("generator", first.join(" "));

  console.log("words", JSON.stringify(wordCount("The spool, the shuttle; the thread — und der Faden, der Faden.")));
  console.log("regex", "2026-11-21".replace(/(\d+)-(\d+)-(\d+)/, "$3.$2.$1"), /^(?<k>\w+)=(?<v>.*)$/.exec("key=a=b").groups.v);

  const value = { list: [1, 2.5, -0, 1e21, null, true], nested: { "ключ": "\u{1F9F5}\n" }, when: new Date(0) };
  const text = JSON.stringify(value, null, 1);
  console.log("json", text.length, JSON.stringify(JSON.parse(text)) === JSON.stringify(value), text);

  const date = new Date(Date.UTC(2024, 1, 29, 12, 30));
  console.log("date", date.toISOString(), date.getUTCDay(), Date.parse("2000-01-01T00:00:00Z"));

  console.log("math", Math.sqrt(2), Math.sin(1).toFixed(12), Math.hypot(3, 4), Math.max(...first), 0.1 + 0.2, (255).toString(16));
  console.log("bigint", (2n ** 100n).toString(), String(7n / 2n));
  console.log("typed", new Uint8Array([1, 255, 256]).join(), new Float32Array([1 / 3])[0]);

  const { a, ...rest } = { a: 1, b: 2, c: [3, ...[4, 5]] };
  console.log("spread", a, JSON.stringify(rest), [..."añ🧵"].length, "abc".padStart(5, "*"));
  console.log("sort", [5, 1, 10, 2].sort().join(), [5, 1, 10, 2].sort((x, y) => x - y).join());

  let sum = 0;
  for (let i = 0; i < 100000; i++) sum = (sum * 31 + i) % 1000003;
  console.log("loop", sum);
}

export const run = { run: main };
