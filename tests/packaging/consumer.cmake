# cmake -D FROM=subdirectory[-kernels]|fetchcontent|installed[-kernels]|pkg-config|bare -D SOURCE= -D BUILD= -D WORK= -D COMPILER= -D EIGEN=
#   -P consumer.cmake
# Builds and runs the program in consumer/, and reads the flags that neb brought into it. The first three are CMake projects,
# the others plain calls of the compiler, with what pkg-config says or with nothing but -I. With -kernels, the program links
# the compiled kernels too; for installed-kernels, BUILD is a build of neb that this script makes.

set(ENV{CXXFLAGS} "")
set(ENV{CMAKE_BUILD_PARALLEL_LEVEL} 1)
file(REMOVE_RECURSE "${WORK}")

set(kernels OFF)
if(FROM MATCHES "-kernels$")
  set(kernels ON)
endif()
string(REGEX REPLACE "-kernels$" "" from "${FROM}")
if(FROM STREQUAL "installed-kernels")
  execute_process(COMMAND "${CMAKE_COMMAND}" -S "${SOURCE}" -B "${BUILD}" "-DCMAKE_CXX_COMPILER=${COMPILER}" -DNEB_INSTALL_KERNELS=ON
    -DNEB_BUILD_TESTS=OFF -DNEB_BUILD_EXAMPLES=OFF COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${CMAKE_COMMAND}" --build "${BUILD}" COMMAND_ERROR_IS_FATAL ANY)
endif()
set(FROM "${from}")

set(options "-DNEB_KERNELS=${kernels}" "-DCMAKE_CXX_COMPILER=${COMPILER}" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON "-DNEB_FROM=${FROM}")
if(FROM MATCHES "^(installed|pkg-config)$")
  execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endif()

if(FROM MATCHES "^(pkg-config|bare)$")
  if(FROM STREQUAL "bare")
    set(flags -fopenmp "-I${SOURCE}/include" "-I${EIGEN}")
  else()
    set(ENV{PKG_CONFIG_PATH} "${WORK}/prefix/share/pkgconfig")
    execute_process(COMMAND pkg-config --cflags --libs neb OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
    if(flags MATCHES " (-m[a-z][^ ]*|-O[^ ]*|-W[^ ]*|-g[^ ]*)" OR flags MATCHES "(${SOURCE}/include)")
      message(FATAL_ERROR "neb.pc forces ${CMAKE_MATCH_1} on the consumer: ${flags}")
    endif()
    separate_arguments(flags UNIX_COMMAND "${flags}")
    execute_process(COMMAND pkg-config --exists "neb >= 99" RESULT_VARIABLE missing)
    if(NOT missing)
      message(FATAL_ERROR "pkg-config finds neb 99")
    endif()
  endif()
  file(MAKE_DIRECTORY "${WORK}")
  execute_process(COMMAND "${COMPILER}" -std=c++20 "${CMAKE_CURRENT_LIST_DIR}/consumer/main.cpp" ${flags} -o "${WORK}/consumer"
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${WORK}/consumer" COMMAND_ERROR_IS_FATAL ANY)
  return()
endif()

if(FROM STREQUAL "installed")
  list(APPEND options "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
else()
  list(APPEND options "-DNEB_SOURCE=${SOURCE}")
endif()

execute_process(COMMAND "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${WORK}/build" ${options} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}/build" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${WORK}/build/consumer" COMMAND_ERROR_IS_FATAL ANY)
if(kernels)
  execute_process(COMMAND "${WORK}/build/kernels" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endif()

file(STRINGS "${WORK}/build/compile_commands.json" command REGEX "\"command\".*consumer/main.cpp")
list(GET command 0 command)
foreach(flag IN ITEMS "-m[a-z]" "-O" "-W" "-f[^o]" "-g")
  if(command MATCHES " (${flag}[^ ]*)")
    message(FATAL_ERROR "neb forces ${CMAKE_MATCH_1} on the consumer: ${command}")
  endif()
endforeach()
if(FROM STREQUAL "installed" AND command MATCHES " -(I|isystem )${SOURCE}/include")
  message(FATAL_ERROR "the installed package points into neb's source tree: ${command}")
endif()
