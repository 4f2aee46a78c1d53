# neb_add_kernels(target [FLAG...]): the kernels that take the compiler longest, instantiated once in a static library. Who
# links it compiles declarations instead of them; FLAG... say for which instruction set, to the library and to its users.
function(neb_add_kernels target)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/kernels/*.cpp")
  add_library(${target} STATIC ${sources})
  set_source_files_properties("${PROJECT_SOURCE_DIR}/src/kernels/long_double.cpp" PROPERTIES
    COMPILE_OPTIONS $<$<CONFIG:Release>:-O1>)
  target_link_libraries(${target} PUBLIC neb::neb)
  target_compile_definitions(${target} PUBLIC NEB_COMPILED_KERNELS)
  target_compile_options(${target} PUBLIC ${ARGN})
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
endfunction()

# neb::kernels is built with the flags of the build that it is a part of, and only when something links it.
neb_add_kernels(neb_kernels)
add_library(neb::kernels ALIAS neb_kernels)
set_target_properties(neb_kernels PROPERTIES EXCLUDE_FROM_ALL ON EXPORT_NAME kernels)

# Installed, it comes once for each of these instruction sets: neb::kernels for what the compiler assumes by itself, the others
# with the flags that their users need as well.
if(NEB_INSTALL_KERNELS)
  set_target_properties(neb_kernels PROPERTIES EXCLUDE_FROM_ALL OFF)
  set(neb_installed_kernels neb_kernels)
  if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
    neb_add_kernels(neb_kernels_avx2 -mavx2 -mfma)
    neb_add_kernels(neb_kernels_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma)
    foreach(set IN ITEMS avx2 avx512)
      set_target_properties(neb_kernels_${set} PROPERTIES EXPORT_NAME kernels_${set})
      list(APPEND neb_installed_kernels neb_kernels_${set})
    endforeach()
  endif()
endif()
