# outer_mk.cmake: emitted by multikernel 0.1.0 from ../../source/outer.mk.json.
# What is changed here is lost when it is emitted anew.
#
# The static library outer_mk, for a CMake project:
#
#   include(FOLDER/outer_mk.cmake)
#   target_link_libraries(program PRIVATE outer_mk)

enable_language(C)
if(NOT TARGET multikernel::multikernel)
    find_package(multikernel REQUIRED)
endif()

# The kernels, compiled as they were when they were emitted.
add_library(outer_mk_kernels OBJECT
    "${CMAKE_CURRENT_LIST_DIR}/outer_mk_kernels_1.c")
set_property(TARGET outer_mk_kernels PROPERTY C_STANDARD)
set_source_files_properties(
    "${CMAKE_CURRENT_LIST_DIR}/outer_mk_kernels_1.c"
    PROPERTIES COMPILE_OPTIONS
    "-O2;-fPIC;-fvisibility=hidden;-w")

add_library(outer_mk STATIC
    "${CMAKE_CURRENT_LIST_DIR}/outer_mk.c"
    $<TARGET_OBJECTS:outer_mk_kernels>)
target_compile_features(outer_mk PRIVATE c_std_11)
target_include_directories(outer_mk PUBLIC
    "${CMAKE_CURRENT_LIST_DIR}")
target_link_libraries(outer_mk PUBLIC
    multikernel::multikernel m)
