# What `cmake --install` puts where. The installed tree can be moved: the
# program finds its library, and multikernel.pc its prefix, relative to itself.

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/multikernel)

# ---- Library, headers, programs ---------------------------------------------

install(TARGETS multikernel EXPORT multikernelTargets)
# Apart from the shared one: only users of the static library need jansson,
# nettle and hwloc themselves.
install(TARGETS multikernel_static EXPORT multikernelStaticTargets)
install(DIRECTORY include/ TYPE INCLUDE FILES_MATCHING PATTERN "*.h")

if(TARGET multikernel_cli)
    file(RELATIVE_PATH bin_to_lib
        ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
    set_target_properties(multikernel_cli PROPERTIES
        INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
    install(TARGETS multikernel_cli)
endif()

# Where the library looks for it, seen from itself (src/CMakeLists.txt).
install(TARGETS multikernel_worker
    RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/multikernel)

# ---- Man pages, schema, completion ------------------------------------------

foreach(section 1 3 5 7)
    file(GLOB pages CONFIGURE_DEPENDS man/*.${section})
    install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

file(GLOB schemas CONFIGURE_DEPENDS docs/*.schema.json)
install(FILES ${schemas} DESTINATION ${CMAKE_INSTALL_DATADIR}/multikernel)

if(EXISTS ${PROJECT_SOURCE_DIR}/completions/multikernel.bash)
    install(FILES completions/multikernel.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME multikernel)
endif()

# ---- For others' builds: pkg-config and find_package ------------------------

file(RELATIVE_PATH pc_to_prefix
    ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_to_prefix ${pc_to_prefix})
configure_file(cmake/multikernel.pc.in multikernel.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/multikernel.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

configure_package_config_file(cmake/multikernelConfig.cmake.in
    multikernelConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(multikernelConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(
    FILES ${PROJECT_BINARY_DIR}/multikernelConfig.cmake
          ${PROJECT_BINARY_DIR}/multikernelConfigVersion.cmake
    DESTINATION ${package_dir})
install(EXPORT multikernelTargets
    NAMESPACE multikernel:: DESTINATION ${package_dir})
install(EXPORT multikernelStaticTargets
    NAMESPACE multikernel:: DESTINATION ${package_dir})
