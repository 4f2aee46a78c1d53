# cmake -D COMPILER= -D FLAGS= -D TESTS=folder -D SOURCES="glob glob..." -D SOURCE= -D SYSTEM=dir,dir -D WORK= [-D EMULATOR=]
#   -P library_tests.cmake
# The library's tests, compiled for another machine or with another standard library, and run, with the emulator if there is one.

separate_arguments(flags UNIX_COMMAND "${FLAGS}")
separate_arguments(globs UNIX_COMMAND "${SOURCES}")
list(TRANSFORM globs PREPEND "${TESTS}/")
file(GLOB sources ${globs})
list(REMOVE_DUPLICATES sources)
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}/include")

# The folders of packages by themselves: /usr/include holds the C library of this machine as well.
set(includes "-I${SOURCE}/include" "-I${TESTS}")
string(REPLACE "," ";" system "${SYSTEM}")
foreach(package IN LISTS system)
  get_filename_component(name "${package}" NAME)
  file(CREATE_LINK "${package}" "${WORK}/include/${name}" SYMBOLIC)
endforeach()

set(objects)
foreach(source IN LISTS sources)
  file(RELATIVE_PATH name "${TESTS}" "${source}")
  string(MAKE_C_IDENTIFIER "${name}" name)
  execute_process(COMMAND "${COMPILER}" -std=c++20 ${flags} ${includes} -isystem "${WORK}/include"
    "-DNEB_SOURCE_DIR=\"${SOURCE}\"" -c "${source}" -o "${WORK}/${name}.o" COMMAND_ERROR_IS_FATAL ANY)
  list(APPEND objects "${WORK}/${name}.o")
endforeach()
execute_process(COMMAND "${COMPILER}" ${flags} ${objects} -o "${WORK}/tests" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${EMULATOR} "${WORK}/tests" OUTPUT_VARIABLE report ERROR_VARIABLE report RESULT_VARIABLE failed)
message("${report}")
if(failed OR NOT report MATCHES "test cases: +[1-9][0-9]+ ")
  message(FATAL_ERROR "the tests failed")
endif()
