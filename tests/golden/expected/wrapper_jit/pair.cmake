# pair.cmake: emitted by multikernel 0.1.0 from ../../source/pair.mk.json.
# What is changed here is lost when it is emitted anew.
#
# The static library pair, for a CMake project:
#
#   include(FOLDER/pair.cmake)
#   target_link_libraries(program PRIVATE pair)

enable_language(C)
if(NOT TARGET multikernel::multikernel)
    find_package(multikernel REQUIRED)
endif()

# The kernels, compiled as they were when they were emitted.
add_library(pair_kernels OBJECT
    "${CMAKE_CURRENT_LIST_DIR}/pair_kernels_1.c"
    "${CMAKE_CURRENT_LIST_DIR}/pair_kernels_2.c"
    "${CMAKE_CURRENT_LIST_DIR}/pair_kernels_3.c"
    "${CMAKE_CURRENT_LIST_DIR}/pair_kernels_4.c"
    "${CMAKE_CURRENT_LIST_DIR}/pair_kernels_5.c")
set_property(TARGET pair_kernels PROPERTY C_STANDARD)
set_source_files_properties(
    "${CMAKE_CURRENT_LIST_DIR}/pair_kernels_1.c"
    PROPERTIES COMPILE_OPTIONS
    "-O2;-fPIC;-fvisibility=hidden;-w")
set_source_files_properties(
    "${CMAKE_CURRENT_LIST_DIR}/pair_kernels_2.c"
    PROPERTIES COMPILE_OPTIONS
    "-O3;-mavx2;-fPIC;-fvisibility=hidden;-w")
set_source_files_properties(
    "${CMAKE_CURRENT_LIST_DIR}/pair_kernels_3.c"
    PROPERTIES COMPILE_OPTIONS
    "-O2;-fPIC;-fvisibility=hidden;-w")
set_source_files_properties(
    "${CMAKE_CURRENT_LIST_DIR}/pair_kernels_4.c"
    PROPERTIES COMPILE_OPTIONS
    "-O2;-fPIC;-fvisibility=hidden;-w")
set_source_files_properties(
    "${CMAKE_CURRENT_LIST_DIR}/pair_kernels_5.c"
    PROPERTIES COMPILE_OPTIONS
    "-O2;-fPIC;-fvisibility=hidden;-w")

add_library(pair STATIC
    "${CMAKE_CURRENT_LIST_DIR}/pair.c"
    $<TARGET_OBJECTS:pair_kernels>)
target_compile_features(pair PRIVATE c_std_11)
target_include_directories(pair PUBLIC
    "${CMAKE_CURRENT_LIST_DIR}")
target_link_libraries(pair PUBLIC
    multikernel::multikernel m)
