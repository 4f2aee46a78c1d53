# Writes neb_commit.hpp, if the commit of CHECKOUT has changed since: cmake -DCHECKOUT=... -DHEADER=... -P commit.cmake
execute_process(COMMAND git -C "${CHECKOUT}" describe --always --dirty --abbrev=7
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit "an unknown commit")
endif()
file(CONFIGURE OUTPUT "${HEADER}" CONTENT "#define NEB_BENCH_COMMIT \"${commit}\"\n")
