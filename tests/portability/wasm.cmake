# cmake -D COMPILER= -D EMCC= -D NODE= -D INCLUDE= -D SYSTEM= -D MODEL= -D WORK= -P wasm.cmake
# What shipped_model.cpp computes as WebAssembly agrees with what it computes natively, and so does what it stores there.

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
set(program "${CMAKE_CURRENT_LIST_DIR}/shipped_model.cpp")
set(flags -std=c++20 -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror "-I${INCLUDE}" -isystem "${SYSTEM}")
execute_process(COMMAND "${COMPILER}" ${flags} "${program}" -o "${WORK}/native" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${EMCC}" ${flags} -fexceptions -msimd128 -c "${program}" -o "${WORK}/wasm.o" COMMAND_ERROR_IS_FATAL ANY)
# Linked at -O1: more would want to shorten the JavaScript, for which not every installation has what it takes. Compiled
# synchronously, because this emscripten takes a node that has fetch() for a browser.
execute_process(COMMAND "${EMCC}" -O1 -fexceptions "${WORK}/wasm.o" -sALLOW_MEMORY_GROWTH=1 -sNODERAWFS=1
  -sWASM_ASYNC_COMPILATION=0 -o "${WORK}/wasm.js" COMMAND_ERROR_IS_FATAL ANY)

execute_process(COMMAND "${WORK}/native" "${MODEL}" write "${WORK}/native.safetensors" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${NODE}" "${WORK}/wasm.js" "${MODEL}" compare "${WORK}/native.safetensors" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${NODE}" "${WORK}/wasm.js" "${MODEL}" write "${WORK}/wasm.safetensors" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${WORK}/native" "${MODEL}" compare "${WORK}/wasm.safetensors" COMMAND_ERROR_IS_FATAL ANY)
