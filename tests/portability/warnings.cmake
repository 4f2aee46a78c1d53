# cmake -D COMPILER= -D INCLUDE= -D SYSTEM= -D RUNS="FLAG FLAG...|FLAG..." -P warnings.cmake
# Compiles consumer.cpp once for each run with those flags, neb by plain -I, and every warning an error.

string(REPLACE "|" ";" runs "${RUNS}")
foreach(run IN LISTS runs)
  separate_arguments(flags UNIX_COMMAND "${run}")
  execute_process(COMMAND "${COMPILER}" -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror ${flags} "-I${INCLUDE}"
    -isystem "${SYSTEM}" -c "${CMAKE_CURRENT_LIST_DIR}/consumer.cpp" -o "${CMAKE_CURRENT_BINARY_DIR}/warnings.o"
    RESULT_VARIABLE failed)
  if(failed)
    message(SEND_ERROR "warnings with ${run}")
  else()
    message(STATUS "none with ${run}")
  endif()
endforeach()
