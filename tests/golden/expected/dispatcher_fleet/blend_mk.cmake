# blend_mk.cmake: emitted by multikernel 0.1.0 from ../../source/blend.mk.json.
# What is changed here is lost when it is emitted anew.
#
# The static library blend_mk, for a CMake project:
#
#   include(FOLDER/blend_mk.cmake)
#   target_link_libraries(program PRIVATE blend_mk)

enable_language(C)

# The kernels, compiled as they were when they were emitted.
add_library(blend_mk_kernels OBJECT
    "${CMAKE_CURRENT_LIST_DIR}/blend_mk_kernels_1.c"
    "${CMAKE_CURRENT_LIST_DIR}/blend_mk_kernels_2.c")
set_property(TARGET blend_mk_kernels PROPERTY C_STANDARD)
set_source_files_properties(
    "${CMAKE_CURRENT_LIST_DIR}/blend_mk_kernels_1.c"
    PROPERTIES COMPILE_OPTIONS
    "-O2;-fPIC;-fvisibility=hidden;-w")
set_source_files_properties(
    "${CMAKE_CURRENT_LIST_DIR}/blend_mk_kernels_2.c"
    PROPERTIES COMPILE_OPTIONS
    "-O3;-mavx2;-fPIC;-fvisibility=hidden;-w")

add_library(blend_mk STATIC
    "${CMAKE_CURRENT_LIST_DIR}/blend_mk.c"
    $<TARGET_OBJECTS:blend_mk_kernels>)
target_compile_features(blend_mk PRIVATE c_std_11)
target_include_directories(blend_mk PUBLIC
    "${CMAKE_CURRENT_LIST_DIR}")
target_link_libraries(blend_mk PUBLIC m)
