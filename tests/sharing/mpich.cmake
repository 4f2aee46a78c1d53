# cmake -D SOURCE= -D COMPILER= -D LAUNCHER= -D WORK= -P mpich.cmake
# Builds what shares its work with MPICH in WORK, and runs its tests.

foreach(step IN ITEMS
    "-S;${SOURCE};-B;${WORK};-DNEB_WITH_MPI=ON;-DMPI_CXX_COMPILER=${COMPILER};-DMPIEXEC_EXECUTABLE=${LAUNCHER}"
    "--build;${WORK};--parallel;2;--target;neb_sharing_tests")
  execute_process(COMMAND "${CMAKE_COMMAND}" ${step} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "could not be built with ${COMPILER}")
  endif()
endforeach()
execute_process(COMMAND "${WORK}/bin/neb_sharing_tests" RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "tests fail with ${COMPILER}")
endif()
