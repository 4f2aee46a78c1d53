# Targets for the source's form: `format` rewrites it, `format-check` only looks, `tidy` asks clang-tidy.

add_custom_target(format COMMAND "${PROJECT_SOURCE_DIR}/scripts/format.sh" VERBATIM)
add_custom_target(format-check COMMAND "${PROJECT_SOURCE_DIR}/scripts/format.sh" --check VERBATIM)

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
