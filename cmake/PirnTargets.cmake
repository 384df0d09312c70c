# SPDX-License-Identifier: Apache-2.0
# The three kinds of targets, so that each folder's CMakeLists.txt is a list of files and of what they may use.

set(PIRN_WARNINGS -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-align
                  -Wundef -Wwrite-strings -Wvla -Wno-unknown-warning-option)
if(PIRN_WERROR)
  list(APPEND PIRN_WARNINGS -Werror)
endif()

# pirn_library(NAME SOURCES ... [PUBLIC_HEADERS dir] [LINK targets] [NOT_INSTALLED])
# A static library, which becomes part of libpirn unless it is NOT_INSTALLED. Includes are written from the repository root; PUBLIC_HEADERS is a folder with pirn/*.h in it.
function(pirn_library name)
  cmake_parse_arguments(ARG "NOT_INSTALLED" "PUBLIC_HEADERS" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  if(ARG_PUBLIC_HEADERS)
    target_include_directories(${name} PUBLIC "$<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/${ARG_PUBLIC_HEADERS}>"
                                              "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  endif()
  target_compile_options(${name} PRIVATE ${PIRN_WARNINGS})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  if(NOT ARG_NOT_INSTALLED)
    set_property(GLOBAL APPEND PROPERTY PIRN_LIBRARIES ${name})
  endif()
endfunction()

# pirn_archive_or(NAME target ARCHIVES names FALLBACK libraries)
# An interface target for a library that programs of this project take in whole, where it is installed as an archive: a process
# that loads fewer shared objects starts sooner. Sanitizers want to see libm as it is.
function(pirn_archive_or name)
  cmake_parse_arguments(ARG "" "" "ARCHIVES;FALLBACK" ${ARGN})
  add_library(${name} INTERFACE)
  find_library(${name}_ARCHIVE NAMES ${ARG_ARCHIVES})
  if(${name}_ARCHIVE AND NOT CMAKE_C_FLAGS MATCHES "sanitize")
    target_link_libraries(${name} INTERFACE "${${name}_ARCHIVE}")
  else()
    target_link_libraries(${name} INTERFACE ${ARG_FALLBACK})
  endif()
endfunction()

# pirn_relocate_lean(target)
# The program's tables of pointers need many relocations, all of one kind, which take 24 bytes each, or a bit where the linker and the C
# library know the packed form.
include(CheckLinkerFlag)
function(pirn_relocate_lean target)
  check_linker_flag(C "-Wl,-z,pack-relative-relocs" PIRN_HAS_PACKED_RELOCATIONS)
  if(PIRN_HAS_PACKED_RELOCATIONS)
    target_link_options(${target} PRIVATE "-Wl,-z,pack-relative-relocs")
  endif()
endfunction()

# pirn_test(NAME SOURCES ... LINK targets [ARGS ...] [LABELS ...])
# A cmocka program that is a CTest of the same name.
function(pirn_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;ARGS;LABELS" ${ARGN})
  if(NOT PIRN_TESTS)
    return()
  endif()
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET GLOBAL cmocka)
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_options(${name} PRIVATE ${PIRN_WARNINGS})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} PkgConfig::CMOCKA)
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGS})
  set_tests_properties(${name} PROPERTIES LABELS "unit;${ARG_LABELS}" TIMEOUT 300)
endfunction()
