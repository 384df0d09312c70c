// SPDX-License-Identifier: Apache-2.0
// The middleware: adds a header on the way in and one on the way out, and shouts.
import { handle as next } from 'example:middleware/handler@1.0.0';

const upper = (byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte);

export const handler = {
  handle(request) {
    const response = next({ ...request, headers: [...request.headers, ['via', 'javascript']] });
    return {
      status: response.status,
      headers: [...response.headers, ['x-seen-by', 'javascript']],
      body: Uint8Array.from(response.body, upper),
    };
  },
};
