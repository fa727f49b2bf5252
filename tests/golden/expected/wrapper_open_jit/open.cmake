# open.cmake: emitted by multikernel 0.1.0 from ../../source/open.mk.json.
# What is changed here is lost when it is emitted anew.
#
# The static library open, for a CMake project:
#
#   include(FOLDER/open.cmake)
#   target_link_libraries(program PRIVATE open)

enable_language(C)
if(NOT TARGET multikernel::multikernel)
    find_package(multikernel REQUIRED)
endif()

# The kernels, compiled as they were when they were emitted.
add_library(open_kernels OBJECT
    "${CMAKE_CURRENT_LIST_DIR}/open_kernels_1.c"
    "${CMAKE_CURRENT_LIST_DIR}/open_kernels_2.c"
    "${CMAKE_CURRENT_LIST_DIR}/open_kernels_3.c"
    "${CMAKE_CURRENT_LIST_DIR}/open_kernels_4.c"
    "${CMAKE_CURRENT_LIST_DIR}/open_kernels_5.c")
set_property(TARGET open_kernels PROPERTY C_STANDARD)
set_source_files_properties(
    "${CMAKE_CURRENT_LIST_DIR}/open_kernels_1.c"
    PROPERTIES COMPILE_OPTIONS
    "-O2;-fPIC;-fvisibility=hidden;-w")
set_source_files_properties(
    "${CMAKE_CURRENT_LIST_DIR}/open_kernels_2.c"
    PROPERTIES COMPILE_OPTIONS
    "-O3;-mavx2;-fPIC;-fvisibility=hidden;-w")
set_source_files_properties(
    "${CMAKE_CURRENT_LIST_DIR}/open_kernels_3.c"
    PROPERTIES COMPILE_OPTIONS
    "-O2;-fPIC;-fvisibility=hidden;-w")
set_source_files_properties(
    "${CMAKE_CURRENT_LIST_DIR}/open_kernels_4.c"
    PROPERTIES COMPILE_OPTIONS
    "-O2;-fPIC;-fvisibility=hidden;-w")
set_source_files_properties(
    "${CMAKE_CURRENT_LIST_DIR}/open_kernels_5.c"
    PROPERTIES COMPILE_OPTIONS
    "-O2;-fPIC;-fvisibility=hidden;-w")

add_library(open STATIC
    "${CMAKE_CURRENT_LIST_DIR}/open.c"
    $<TARGET_OBJECTS:open_kernels>)
target_compile_features(open PRIVATE c_std_11)
target_include_directories(open PUBLIC
    "${CMAKE_CURRENT_LIST_DIR}")
target_link_libraries(open PUBLIC
    multikernel::multikernel m)
