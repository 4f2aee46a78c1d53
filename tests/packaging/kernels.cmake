# cmake -D COMPILER= -D FLAGS= -D LIBRARY= -D INCLUDES=dir,dir -D WORK= -P kernels.cmake
# The program in kernels/ prints the same bits with the kernels in LIBRARY, which are compiled for x86-64's least instruction
# set, as with its own; compiled for another set it does not link to them.

string(REPLACE "," ";-isystem;" includes "${INCLUDES}")
set(compile "${COMPILER}" -std=c++20 -O1 ${FLAGS} -isystem ${includes} "${CMAKE_CURRENT_LIST_DIR}/kernels/numbers.cpp")
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")

execute_process(COMMAND ${compile} -o "${WORK}/own" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${compile} -O0 -DNEB_COMPILED_KERNELS "${LIBRARY}" -o "${WORK}/linked" COMMAND_ERROR_IS_FATAL ANY)
foreach(program IN ITEMS own linked)
  execute_process(COMMAND "${WORK}/${program}" OUTPUT_VARIABLE ${program} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
string(LENGTH "${own}" printed)
if(printed LESS 10000 OR NOT own STREQUAL linked)
  message(FATAL_ERROR "the compiled kernels compute other bits than those of the headers: ${WORK}/own, ${WORK}/linked")
endif()

execute_process(COMMAND ${compile} -O0 -mavx2 -DNEB_COMPILED_KERNELS "${LIBRARY}" -o "${WORK}/mixed"
  RESULT_VARIABLE failed ERROR_VARIABLE errors)
if(NOT failed OR NOT errors MATCHES "undefined" OR NOT errors MATCHES "kernels::v32::conv2d")
  message(FATAL_ERROR "a program for AVX2 links to kernels without: ${errors}")
endif()
