# neb_program_flags: what neb's own programs, tests and benches are compiled with. Nothing here reaches neb::neb.

add_library(neb_program_flags INTERFACE)

if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  target_compile_options(neb_program_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    # Both let the compiler vectorise sqrt, exp and selects; NaN and infinity keep their meaning (this is not -ffast-math).
    -fno-math-errno -fno-trapping-math)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    # False alarms inside GCC's own headers: AVX-512 intrinsics that start from `__Y = __Y` (GCC bug 105593), and
    # overlapping copies in std::string's operator+ (GCC bug 105651).
    target_compile_options(neb_program_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
  endif()
  if(NEB_WERROR)
    target_compile_options(neb_program_flags INTERFACE -Werror)
  endif()
  if(NEB_NATIVE)
    include(CheckCXXCompilerFlag)
    check_cxx_compiler_flag(-march=native NEB_COMPILER_HAS_MARCH_NATIVE)
    if(NEB_COMPILER_HAS_MARCH_NATIVE)
      target_compile_options(neb_program_flags INTERFACE -march=native)
    endif()
  endif()
  if(NEB_SANITIZE)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
      target_compile_options(neb_program_flags INTERFACE -Wno-uninitialized)  # the same, seen through the sanitizers' code
    endif()
    set(sanitize -fsanitize=${NEB_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(neb_program_flags INTERFACE ${sanitize})
    target_link_options(neb_program_flags INTERFACE ${sanitize})
  endif()
endif()

# The kernels for them, with the same flags.
neb_add_kernels(neb_program_kernels)
target_link_libraries(neb_program_kernels PRIVATE neb_program_flags)

# Links a program, test or bench of this repository to neb and its compiled kernels, with those flags.
function(neb_program target)
  target_link_libraries(${target} PRIVATE neb_program_kernels neb_program_flags)
  target_compile_definitions(${target} PRIVATE NEB_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
endfunction()

# An INTERFACE target for a header-only dependency of the programs; `apt` names its Debian package.
function(neb_header_only_dependency name header apt)
  if(TARGET neb_${name})
    return()
  endif()
  find_path(NEB_${name}_INCLUDE_DIR ${header})
  mark_as_advanced(NEB_${name}_INCLUDE_DIR)
  if(NOT NEB_${name}_INCLUDE_DIR)
    message(FATAL_ERROR "neb: ${header} not found: install ${apt} (apt-get install ${apt}), or turn NEB_BUILD_TESTS and NEB_BUILD_EXAMPLES off")
  endif()
  add_library(neb_${name} INTERFACE)
  target_include_directories(neb_${name} SYSTEM INTERFACE "${NEB_${name}_INCLUDE_DIR}")
endfunction()

# For what computes little itself: to optimise it more would take the compiler longer than it saves. At -O1, GCC 12 sees its own
# AVX-512 intrinsics start from `__Y = __Y` (GCC bug 105593).
function(neb_optimise_little target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1> $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized>)
endfunction()

# Compiles a target's sources eight at a time where NEB_JOIN_SOURCES is on: what all of them instantiate is compiled once for
# eight. Names in their anonymous namespaces must then differ.
function(neb_join_sources target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${NEB_JOIN_SOURCES} UNITY_BUILD_BATCH_SIZE 8)
endfunction()

# Makes a program of each of the sources, of that name, linked to `libraries`, where its work is done. The global property
# NEB_PROGRAMS lists them.
function(neb_programs libraries)
  foreach(source IN LISTS ARGN)
    cmake_path(GET source STEM name)
    add_executable(${name} "${source}")
    neb_program(${name})
    neb_optimise_little(${name})
    target_link_libraries(${name} PRIVATE ${libraries})
    set_property(GLOBAL APPEND PROPERTY NEB_PROGRAMS ${name})
  endforeach()
endfunction()
