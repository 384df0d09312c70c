# SPDX-License-Identifier: Apache-2.0
# pirn_bindgen(TARGET name WIT_DIR dir INTERFACES id ... [UNAVAILABLE id ...] [RESOURCES name=struct ...])
# Adds to a target the C bindings of host interfaces, made from WIT while building: for `wasi:io/streams` the header
# wasi_io_streams.h, on the target's include path, and wasi_io_streams.c. They are made anew when a .wit file changes.
# UNAVAILABLE interfaces can be imported before their C functions exist: calls of them trap, by host_unavailable().
# RESOURCES names the C struct of a resource where it is not host_<name>.
function(pirn_bindgen)
  cmake_parse_arguments(ARG "" "TARGET;WIT_DIR" "INTERFACES;UNAVAILABLE;RESOURCES" ${ARGN})
  get_filename_component(wit_dir "${ARG_WIT_DIR}" ABSOLUTE)
  set(out_dir "${CMAKE_CURRENT_BINARY_DIR}/${ARG_TARGET}_bindings")
  file(MAKE_DIRECTORY "${out_dir}")
  file(GLOB_RECURSE wit_files CONFIGURE_DEPENDS "${wit_dir}/*.wit")
  set(outputs)
  foreach(interface IN LISTS ARG_INTERFACES ARG_UNAVAILABLE)
    string(REGEX REPLACE "@.*" "" name "${interface}")
    string(REGEX REPLACE "[:/-]" "_" name "${name}")
    list(APPEND outputs "${out_dir}/${name}.h" "${out_dir}/${name}.c")
  endforeach()
  set(options)
  foreach(resource IN LISTS ARG_RESOURCES)
    list(APPEND options --resource "${resource}")
  endforeach()
  foreach(interface IN LISTS ARG_UNAVAILABLE)
    list(APPEND options --unavailable "${interface}")
  endforeach()
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND pirn-bindgen --wit "${wit_dir}" --out "${out_dir}" ${options} ${ARG_INTERFACES}
    DEPENDS pirn-bindgen ${wit_files}
    COMMENT "Binding ${ARG_TARGET} to its WIT"
    VERBATIM)
  target_sources(${ARG_TARGET} PRIVATE ${outputs})
  target_include_directories(${ARG_TARGET} PUBLIC "$<BUILD_INTERFACE:${out_dir}>")
endfunction()
