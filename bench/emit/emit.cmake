# What bench_emit measures is emitted and built with it, with choices that are given
# (source/choices.json), so that nothing is tuned by the build. The emitted file
# STEM.make builds STEM.a, at the optimisation that the code around it has.

set(emit_source ${CMAKE_CURRENT_LIST_DIR}/source)
set(emit_folder ${CMAKE_CURRENT_BINARY_DIR}/emitted)

# emit(STEM FILE OPTION...): emits into the library STEM.a.
function(emit kind stem file)
    add_custom_command(OUTPUT ${emit_folder}/${stem}.a
        COMMAND bash ${emit_source}/../build.sh $<TARGET_FILE:multikernel_cli>
            ${CMAKE_C_COMPILER}
            "-I${PROJECT_SOURCE_DIR}/include -I${DLPACK_INCLUDE_DIR}"
            ${emit_folder} ${stem} ${kind} ${file} ${ARGN}
        DEPENDS multikernel_cli ${file} ${emit_source}/choices.json
            ${emit_source}/spot.c ${emit_source}/../build.sh
        VERBATIM)
    target_sources(bench_emit PRIVATE ${emit_folder}/${stem}.a)
    target_link_libraries(bench_emit PRIVATE ${emit_folder}/${stem}.a)
endfunction()

set(aot --pass aot --choices ${emit_source}/choices.json)
foreach(program soft snippet scratch)
    emit(wrapper ${program} ${emit_source}/${program}.mk.json ${aot})
endforeach()
foreach(calls 1 3)
    emit(wrapper tiny${calls}_aot ${emit_source}/tiny${calls}_aot.mk.json ${aot})
    emit(wrapper tiny${calls}_jit ${emit_source}/tiny${calls}_jit.mk.json)
endforeach()
foreach(dispatcher spot_aot spot_fleet spot_shapes)
    emit(dispatcher ${dispatcher}_mk ${emit_source}/${dispatcher}.mk.json ${aot})
endforeach()
emit(dispatcher spot_jit_mk ${emit_source}/spot_jit.mk.json)

target_include_directories(bench_emit PRIVATE ${emit_folder})
target_link_libraries(bench_emit PRIVATE m)
# As the emitted code is compiled.
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/by_hand.c PROPERTIES
    COMPILE_OPTIONS "-O2")
