// SPDX-License-Identifier: Apache-2.0
// Answers at once: as instant.c, in JavaScript.
let calls = 0;
export const run = {
  run() {
    const greeting = `Hello, caller number ${++calls}!`;
    if (greeting !== "Hello, caller number 1!") throw new Error(greeting);
  },
};
