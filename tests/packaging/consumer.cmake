# cmake -D FROM=subdirectory|installed|fetchcontent -D SOURCE= -D BUILD= -D WORK= -D COMPILER= -P consumer.cmake
# Configures, builds and runs the project in consumer/, and reads the flags that neb brought into it.

set(ENV{CXXFLAGS} "")
set(ENV{CMAKE_BUILD_PARALLEL_LEVEL} 1)
file(REMOVE_RECURSE "${WORK}")

set(options "-DCMAKE_CXX_COMPILER=${COMPILER}" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON "-DNEB_FROM=${FROM}")
if(FROM STREQUAL "installed")
  execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  list(APPEND options "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
else()
  list(APPEND options "-DNEB_SOURCE=${SOURCE}")
endif()

execute_process(COMMAND "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${WORK}/build" ${options} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}/build" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${WORK}/build/consumer" COMMAND_ERROR_IS_FATAL ANY)

file(STRINGS "${WORK}/build/compile_commands.json" command REGEX "\"command\"")
foreach(flag IN ITEMS "-m[a-z]" "-O" "-W" "-f[^o]" "-g")
  if(command MATCHES " (${flag}[^ ]*)")
    message(FATAL_ERROR "neb forces ${CMAKE_MATCH_1} on the consumer: ${command}")
  endif()
endforeach()
if(FROM STREQUAL "installed" AND command MATCHES " -(I|isystem )${SOURCE}/include")
  message(FATAL_ERROR "the installed package points into neb's source tree: ${command}")
endif()
