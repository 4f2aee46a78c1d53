# Targets for the source's form: `format` rewrites it, `format-check` only looks, `tidy` asks clang-tidy.

file(GLOB_RECURSE neb_sources CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/include/*.hpp"
  "${PROJECT_SOURCE_DIR}/tests/*.hpp" "${PROJECT_SOURCE_DIR}/tests/*.cpp"
  "${PROJECT_SOURCE_DIR}/examples/*.hpp" "${PROJECT_SOURCE_DIR}/examples/*.cpp"
  "${PROJECT_SOURCE_DIR}/bench/*.hpp" "${PROJECT_SOURCE_DIR}/bench/*.cpp")

find_program(NEB_CLANG_FORMAT NAMES clang-format clang-format-14)
mark_as_advanced(NEB_CLANG_FORMAT)
if(NEB_CLANG_FORMAT)
  add_custom_target(format COMMAND "${NEB_CLANG_FORMAT}" -i ${neb_sources} VERBATIM)
  add_custom_target(format-check COMMAND "${NEB_CLANG_FORMAT}" --dry-run --Werror ${neb_sources} VERBATIM)
endif()

# clang-tidy looks at one translation unit that includes every header.
find_program(NEB_CLANG_TIDY NAMES clang-tidy clang-tidy-14)
mark_as_advanced(NEB_CLANG_TIDY)
if(NEB_CLANG_TIDY)
  set(neb_tidy_flags -std=c++20 -fopenmp "-I${PROJECT_SOURCE_DIR}/include")
  foreach(dir IN LISTS EIGEN3_INCLUDE_DIRS EIGEN3_INCLUDE_DIR)
    list(APPEND neb_tidy_flags "-isystem${dir}")
  endforeach()
  if(NEB_USES_ZLIB)
    list(APPEND neb_tidy_flags -DNEB_HAVE_ZLIB)
  endif()
  if(NEB_USES_PNG)
    list(APPEND neb_tidy_flags -DNEB_HAVE_PNG)
  endif()
  file(WRITE "${PROJECT_BINARY_DIR}/tidy/neb.cpp" "#include <neb/neb.hpp>\n")
  add_custom_target(tidy
    COMMAND "${NEB_CLANG_TIDY}" --quiet --config-file=${PROJECT_SOURCE_DIR}/.clang-tidy "${PROJECT_BINARY_DIR}/tidy/neb.cpp"
      -- ${neb_tidy_flags}
    VERBATIM)
endif()
