# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where: libpirn.a, libpirn.so, the public headers, pirn.pc, the CMake package, the program.
# Both libraries are made from the objects of every folder's library.

get_property(pirn_folders GLOBAL PROPERTY PIRN_LIBRARIES)
set(pirn_objects "")
foreach(folder IN LISTS pirn_folders)
  list(APPEND pirn_objects "$<TARGET_OBJECTS:${folder}>")
endforeach()

set(PIRN_PC_REQUIRES "")
set(PIRN_HEADER_FOLDERS vm/base/include vm/include component/include wit/include)
if(PIRN_HOST)
  set(PIRN_PC_REQUIRES "libuv")
  list(APPEND PIRN_HEADER_FOLDERS host/include)
endif()

foreach(kind IN ITEMS static shared)
  string(TOUPPER ${kind} KIND)
  add_library(pirn_${kind} ${KIND} ${pirn_objects})
  set_target_properties(pirn_${kind} PROPERTIES OUTPUT_NAME pirn EXPORT_NAME ${kind} LINKER_LANGUAGE C)
  foreach(folder IN LISTS PIRN_HEADER_FOLDERS)
    target_include_directories(pirn_${kind} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/${folder}>")
  endforeach()
  target_include_directories(pirn_${kind} PUBLIC "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
endforeach()
set_target_properties(pirn_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
if(PIRN_HOST)
  target_link_libraries(pirn_shared PRIVATE PkgConfig::UV ${CMAKE_DL_LIBS})
  # By name: a path of this machine must not go into the installed package.
  target_link_libraries(pirn_static INTERFACE uv)
endif()

install(TARGETS pirn_static pirn_shared EXPORT pirnTargets
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(PIRN_HOST)
  install(TARGETS pirn RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
if(PIRN_HOST AND NOT CMAKE_CROSSCOMPILING)
  # The program prints its manual page and completions itself, from the table of its verbs.
  foreach(row IN ITEMS "man:pirn.1:${CMAKE_INSTALL_MANDIR}/man1" "bash:pirn:${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
                       "zsh:_pirn:${CMAKE_INSTALL_DATADIR}/zsh/site-functions" "fish:pirn.fish:${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
    string(REPLACE ":" ";" row "${row}")
    list(GET row 0 kind)
    list(GET row 1 file)
    list(GET row 2 folder)
    add_custom_command(OUTPUT "${PROJECT_BINARY_DIR}/share/${kind}/${file}"
                       COMMAND ${CMAKE_COMMAND} -E make_directory "${PROJECT_BINARY_DIR}/share/${kind}"
                       COMMAND pirn completion ${kind} > "${PROJECT_BINARY_DIR}/share/${kind}/${file}"
                       DEPENDS pirn VERBATIM)
    list(APPEND pirn_printed "${PROJECT_BINARY_DIR}/share/${kind}/${file}")
    install(FILES "${PROJECT_BINARY_DIR}/share/${kind}/${file}" DESTINATION "${folder}")
  endforeach()
  add_custom_target(pirn_manual ALL DEPENDS ${pirn_printed})
endif()
foreach(folder IN LISTS PIRN_HEADER_FOLDERS)
  install(DIRECTORY "${folder}/pirn" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endforeach()

install(EXPORT pirnTargets NAMESPACE pirn:: DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/pirn")
include(CMakePackageConfigHelpers)
configure_package_config_file(cmake/pirnConfig.cmake.in "${PROJECT_BINARY_DIR}/pirnConfig.cmake"
                              INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/pirn")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/pirnConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/pirnConfig.cmake" "${PROJECT_BINARY_DIR}/pirnConfigVersion.cmake"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/pirn")
configure_file(cmake/pirn.pc.in "${PROJECT_BINARY_DIR}/pirn.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/pirn.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
