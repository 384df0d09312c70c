/* SPDX-License-Identifier: Apache-2.0 */
/* pirn run --profile-ops. */
#pragma once

#include <pirn/vm.h>

/* Prints on stderr what the store has executed: single instructions, then sequences of two and three. */
void cli_print_profile(pirn_store *store, bool is_json);
