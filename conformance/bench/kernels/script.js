// SPDX-License-Identifier: Apache-2.0
// script.js - what pages and services do in JavaScript: objects, closures, strings, arrays, maps, sorting, JSON, regular
// expressions. Run by an engine that is itself a guest (QuickJS, StarlingMonkey). Prints a checksum.
function random(seed) {
  return () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0);
}

function orders(next, count) {
  const items = ["linen", "wool", "silk", "cotton", "hemp"];
  return Array.from({ length: count }, (_, id) => ({
    id,
    item: items[next() % items.length],
    metres: 1 + (next() % 40),
    price: (next() % 10000) / 100,
    note: `order ${id} of ${next() % 97} by mail+${next() % 1000}@example.org`,
  }));
}

function report(list) {
  const byItem = new Map();
  for (const { item, metres, price } of list) {
    const entry = byItem.get(item) ?? { metres: 0, total: 0 };
    entry.metres += metres;
    entry.total += Math.round(metres * price * 100);
    byItem.set(item, entry);
  }
  return [...byItem.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
}

function hash(text) {
  let h = 0;
  for (let i = 0; i < text.length; i++) h = (Math.imul(h, 31) + text.charCodeAt(i)) | 0;
  return h >>> 0;
}

function queens(n, row = 0, columns = 0, left = 0, right = 0) {
  if (row === n) return 1;
  let count = 0;
  for (let free = ~(columns | left | right) & ((1 << n) - 1); free; free &= free - 1) {
    const bit = free & -free;
    count += queens(n, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

export function work(rounds) {
  const next = random(42);
  let checksum = 0;
  for (let r = 0; r < rounds; r++) {
    const list = JSON.parse(JSON.stringify(orders(next, 1500)));
    list.sort((a, b) => a.price - b.price || a.id - b.id);
    const mails = list.map((o) => o.note.replace(/mail\+(\d+)@/, (_, digits) => `m${digits}.`)).filter((s) => /7/.test(s));
    checksum = hash(`${checksum} ${JSON.stringify(report(list))} ${mails.join(",")} ${queens(7)}`);
  }
  return checksum;
}

export const run = {
  run() {
    console.log(`script 6 = ${work(6)}`);
  },
};
