# cmake --install, and the package that find_package(neb) reads.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(neb_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/neb")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/neb" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(TARGETS neb EXPORT neb-targets)
install(EXPORT neb-targets NAMESPACE neb:: DESTINATION "${neb_package_dir}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/neb-config.cmake.in" "${PROJECT_BINARY_DIR}/neb-config.cmake"
  INSTALL_DESTINATION "${neb_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/neb-config-version.cmake" COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/neb-config.cmake" "${PROJECT_BINARY_DIR}/neb-config-version.cmake"
  DESTINATION "${neb_package_dir}")
