# cmake -D COMPILER= -D INCLUDE= -D SYSTEM= -P headers.cmake
# Compiles every header of INCLUDE/neb alone, and twice in one unit, with warnings as errors.

file(GLOB_RECURSE headers RELATIVE "${INCLUDE}" "${INCLUDE}/neb/*.hpp")
list(REMOVE_ITEM headers neb/distributed/mpi.hpp)  # MPI need not be there
set(unit "${CMAKE_CURRENT_BINARY_DIR}/header_alone.cpp")
foreach(header IN LISTS headers)
  file(WRITE "${unit}" "#include <${header}>\n#include <${header}> // twice\n")
  execute_process(COMMAND "${COMPILER}" -std=c++20 -fopenmp -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
    "-I${INCLUDE}" -isystem "${SYSTEM}" "${unit}" RESULT_VARIABLE failed)
  if(failed)
    message(SEND_ERROR "${header} does not compile alone")
  endif()
endforeach()
list(LENGTH headers count)
if(count LESS 50)
  message(FATAL_ERROR "only ${count} headers in ${INCLUDE}/neb")
endif()
