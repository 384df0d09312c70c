// SPDX-License-Identifier: Apache-2.0
// QuickJS components have no console: this one writes to wasi:cli/stdout. It goes before script.js.
import { getStdout } from "wasi:cli/stdout@0.2.12";

const utf8 = (text) => Uint8Array.from(unescape(encodeURIComponent(text)), (c) => c.charCodeAt(0));

globalThis.console = {
  log(...values) {
    const bytes = utf8(values.map(String).join(" ") + "\n");
    const out = getStdout();
    for (let at = 0; at < bytes.length; at += 4096) out.blockingWriteAndFlush(bytes.subarray(at, at + 4096));
  },
};

