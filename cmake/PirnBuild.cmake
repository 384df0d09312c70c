# SPDX-License-Identifier: Apache-2.0
# cmake -DROOT=... -DOUT=... -P PirnBuild.cmake: writes a header with a hash of all that decides which modules are valid. What was
# remembered of another build does not count.
file(GLOB sources "${ROOT}/vm/base/*.[ch]" "${ROOT}/vm/syntax/*.[ch]" "${ROOT}/vm/syntax/*.def" "${ROOT}/vm/binary/*.[ch]"
     "${ROOT}/vm/valid/*.[ch]" "${ROOT}/vm/include/pirn/*.h")
list(SORT sources)
set(hashes "")
foreach(source IN LISTS sources)
  file(SHA256 "${source}" hash)
  string(APPEND hashes "${hash}")
endforeach()
string(SHA256 build "${hashes}")
string(SUBSTRING "${build}" 0 16 build)
file(WRITE "${OUT}" "/* SPDX-License-Identifier: Apache-2.0 */\n#pragma once\n#define PIRN_BUILD \"${build}\"\n")
