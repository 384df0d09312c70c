/* SPDX-License-Identifier: Apache-2.0 */
/* What reading and writing values as text (wave_parse.c, wave_print.c) have in common. */
#pragma once

#include "component/type.h"
#include <stdio.h>
#include <string.h>
