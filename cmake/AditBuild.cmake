# How everything here is compiled, and the two helpers every room uses.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")

find_program(ADIT_CCACHE ccache)
if(ADIT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Precompiled headers are only found again when ccache may trust their definitions and times.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${ADIT_CCACHE})
endif()

# GCC takes the files that a unity build puts together for headers, and whatever their coroutines keep of an anonymous
# namespace for a mistake.
set(ADIT_COROUTINE_OPTIONS "")
if(CMAKE_UNITY_BUILD)
    set(ADIT_COROUTINE_OPTIONS -Wno-subobject-linkage)
endif()

find_package(Threads REQUIRED)

# Every target of ours carries these flags; guests' headers are SYSTEM includes and stay silent.
add_library(adit_flags INTERFACE)
target_include_directories(adit_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(adit_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
                       -Wnon-virtual-dtor -Woverloaded-virtual $<$<BOOL:${ADIT_WERROR}>:-Werror>)
target_link_libraries(adit_flags INTERFACE Threads::Threads)
if(ADIT_SANITIZE)
    target_compile_options(adit_flags INTERFACE -fsanitize=${ADIT_SANITIZE} -fno-omit-frame-pointer
                           -fno-sanitize-recover=all)
    target_link_options(adit_flags INTERFACE -fsanitize=${ADIT_SANITIZE})
endif()

# adit_library(<room path> [SOURCES …] [LINKS …] [PRIVATE_LINKS …])
# A folder is a library: node/consensus → target adit_node_consensus, alias adit::node_consensus;
# kernels/base → adit_base, alias adit::base. Without SOURCES it is header-only.
function(adit_library path)
    cmake_parse_arguments(arg "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
    string(REGEX REPLACE "^kernels/" "" name ${path})
    string(REPLACE "/" "_" name ${name})
    if(arg_SOURCES)
        add_library(adit_${name} STATIC ${arg_SOURCES})
        target_link_libraries(adit_${name} PUBLIC adit_flags ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
    else()
        add_library(adit_${name} INTERFACE)
        target_link_libraries(adit_${name} INTERFACE adit_flags ${arg_LINKS})
    endif()
    add_library(adit::${name} ALIAS adit_${name})
endfunction()

# adit_headers(<name> <header> …)
# Great headers that many sources of several rooms include, read by the compiler once; a library takes them with
# target_precompile_headers(LIBRARY REUSE_FROM <name>), and every source still includes what it needs.
function(adit_headers name)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${name}.cpp CONTENT "// Has no code: its headers are what it is for.\n")
    add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/${name}.cpp)
    target_link_libraries(${name} PRIVATE adit_flags)
    target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()

# adit_test(<name> SOURCES … [LINKS …] [LABELS …] [TIMEOUT seconds])
# One GoogleTest program; each of its tests is a ctest entry. LABELS name the room (`ctest -L node`);
# the label `long` keeps a program out of the everyday suite (scripts/test --long runs it); `sanitized`
# and `threaded` put it into the address and thread sanitizers' runs.
add_custom_target(sanitized_tests)
add_custom_target(threaded_tests)
function(adit_test name)
    cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE adit_flags adit_test_support ${arg_LINKS} GTest::gmock GTest::gtest_main)
    # A test is mostly read by the compiler, and briefly run; what it tests keeps its own flags.
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
    target_precompile_headers(${name} REUSE_FROM adit_test_headers)
    foreach(run sanitized threaded)
        if(run IN_LIST arg_LABELS)
            add_dependencies(${run}_tests ${name})
        endif()
    endforeach()
    string(JOIN "." label ${arg_LABELS})  # lists do not survive the way to ctest; -L takes a regex anyway
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
                         PROPERTIES LABELS "${label}" TIMEOUT ${arg_TIMEOUT})
endfunction()
