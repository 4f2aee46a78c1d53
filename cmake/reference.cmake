# `reference` builds the API reference with doxygen, in build/.../reference/html; what is not documented is an error.

find_package(Doxygen QUIET)
if(NOT DOXYGEN_FOUND)
  return()
endif()

set(DOXYGEN_PROJECT_BRIEF "${PROJECT_DESCRIPTION}")
set(DOXYGEN_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/reference")
set(DOXYGEN_STRIP_FROM_PATH "${PROJECT_SOURCE_DIR}/include")
set(DOXYGEN_INPUT_FILTER "sed -f ${PROJECT_SOURCE_DIR}/cmake/reference.sed")
set(DOXYGEN_FILE_PATTERNS *.hpp *.dox)
# Public is what stands in namespace neb itself.
set(DOXYGEN_EXCLUDE_SYMBOLS neb::detail neb::kernels neb::autodiff neb::ops neb::nn neb::optim neb::energy neb::distributed neb::bayes neb::flow)
set(DOXYGEN_EXTRACT_ALL NO)
set(DOXYGEN_WARN_NO_PARAMDOC NO)
set(DOXYGEN_WARN_AS_ERROR FAIL_ON_WARNINGS)
set(DOXYGEN_JAVADOC_AUTOBRIEF YES)
set(DOXYGEN_AUTOLINK_SUPPORT NO)
set(DOXYGEN_HAVE_DOT NO)
set(DOXYGEN_QUIET YES)
doxygen_add_docs(reference "${PROJECT_SOURCE_DIR}/include/neb" "${PROJECT_SOURCE_DIR}/docs/reference.dox")

if(NEB_BUILD_TESTS)
  add_test(NAME reference COMMAND Doxygen::doxygen "${PROJECT_BINARY_DIR}/Doxyfile.reference")
  set_tests_properties(reference PROPERTIES TIMEOUT 120)
endif()
