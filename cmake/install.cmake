# cmake --install, and the packages that find_package(neb) and pkg-config read.

include(CMakePackageConfigHelpers)

set(neb_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/neb")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/neb" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(TARGETS neb ${neb_installed_kernels} EXPORT neb-targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT neb-targets NAMESPACE neb:: DESTINATION "${neb_package_dir}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/neb-config.cmake.in" "${PROJECT_BINARY_DIR}/neb-config.cmake"
  INSTALL_DESTINATION "${neb_package_dir}")
set(neb_architecture ARCH_INDEPENDENT)
if(NEB_INSTALL_KERNELS)
  set(neb_architecture "")
endif()
write_basic_package_version_file("${PROJECT_BINARY_DIR}/neb-config-version.cmake" COMPATIBILITY SameMinorVersion ${neb_architecture})
install(FILES "${PROJECT_BINARY_DIR}/neb-config.cmake" "${PROJECT_BINARY_DIR}/neb-config-version.cmake"
  DESTINATION "${neb_package_dir}")

# neb.pc, for builds that ask pkg-config: it finds the prefix from where it lies, unless packagers put it outside.
if(IS_ABSOLUTE "${CMAKE_INSTALL_DATADIR}")
  set(neb_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH neb_pc_prefix "/${CMAKE_INSTALL_DATADIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" neb_pc_prefix "\${pcfiledir}/${neb_pc_prefix}")
endif()
set(neb_pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
if(NOT IS_ABSOLUTE "${neb_pc_includedir}")
  set(neb_pc_includedir "\${prefix}/${neb_pc_includedir}")
endif()
set(neb_pc_requires "eigen3 >= 3.3")
set(neb_pc_flags "")
set(neb_pc_libs "")
if(NEB_USES_OPENMP)
  string(APPEND neb_pc_flags " -fopenmp")
  string(APPEND neb_pc_libs " -fopenmp")
endif()
if(NEB_USES_ZLIB)
  string(APPEND neb_pc_requires ", zlib")
  string(APPEND neb_pc_flags " -DNEB_HAVE_ZLIB")
endif()
if(NEB_USES_PNG)
  string(APPEND neb_pc_requires ", libpng")
  string(APPEND neb_pc_flags " -DNEB_HAVE_PNG")
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/neb.pc.in" "${PROJECT_BINARY_DIR}/neb.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/neb.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
