# SPDX-License-Identifier: Apache-2.0
# cmake -DBINDGEN=program -DGOLDEN=dir -DOUT=dir -P compare.cmake
# Binds the interfaces of GOLDEN/things.wit and compares what is written with the .golden files.
file(MAKE_DIRECTORY "${OUT}")
execute_process(COMMAND "${BINDGEN}" --wit "${GOLDEN}" --out "${OUT}" --unavailable test:sample/later
                        test:sample/base test:sample/things
                RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "pirn-bindgen failed")
endif()
foreach(name test_sample_base.h test_sample_base.c test_sample_later.h test_sample_later.c test_sample_things.h test_sample_things.c)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files "${OUT}/${name}" "${GOLDEN}/${name}.golden"
                  RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${OUT}/${name} is not what ${GOLDEN}/${name}.golden says")
  endif()
endforeach()
