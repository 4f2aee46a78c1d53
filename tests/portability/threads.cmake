# cmake -D COMPILER= -D INCLUDE= -D SYSTEM= -D FLAGS= -D WORK= -P threads.cmake
# consumer.cpp computes the same bits compiled with OpenMP, on three threads, as without.

separate_arguments(flags UNIX_COMMAND "${FLAGS}")
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
set(ENV{OMP_NUM_THREADS} 3)
foreach(openmp IN ITEMS with without)
  set(option)
  if(openmp STREQUAL "with")
    set(option -fopenmp)
  endif()
  execute_process(COMMAND "${COMPILER}" -std=c++20 ${flags} ${option} "-I${INCLUDE}" -isystem "${SYSTEM}"
    "${CMAKE_CURRENT_LIST_DIR}/consumer.cpp" -o "${WORK}/${openmp}" COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${WORK}/${openmp}" "${WORK}/${openmp}.safetensors" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
file(SIZE "${WORK}/with.safetensors" size)
if(size LESS 10000)
  message(FATAL_ERROR "only ${size} bytes of results")
endif()
execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files "${WORK}/with.safetensors" "${WORK}/without.safetensors"
  RESULT_VARIABLE different)
if(different)
  message(FATAL_ERROR "other bits without OpenMP: ${WORK}")
endif()
