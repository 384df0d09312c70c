/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of what can only be imported. No object of such an interface ever exists, so there is nothing to drop. */
#include "host/unavailable.h"

pirn_status host_unavailable(pirn_host_call *call, const char *interface, const char *function)
{
    return pirn_host_call_trap(call, "%s `%s` is not available yet: this interface can be imported, but not called",
                               interface, function);
}
