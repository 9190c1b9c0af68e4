# The libraries we lean on, found once. Heavy guests keep to one room: see README.md.

find_package(Boost 1.81 REQUIRED)          # Asio, Beast, JSON, System and Multiprecision: compiled by us, once
set(OPENSSL_USE_STATIC_LIBS ${ADIT_KERNELS_ONLY})  # gpu_check is carried to other machines
find_package(OpenSSL 3 REQUIRED)           # EVP hashes, random bytes, TLS
if(ADIT_KERNELS_ONLY)  # headers are enough, and nothing more is needed
    find_path(ADIT_FMT_INCLUDE fmt/format.h REQUIRED)
    add_library(fmt::fmt INTERFACE IMPORTED)
    target_include_directories(fmt::fmt INTERFACE ${ADIT_FMT_INCLUDE})
    target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY)
    return()
endif()
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(HWLOC IMPORTED_TARGET hwloc)  # which cores and memory nodes there are; without it, none is preferred
pkg_check_modules(SECP256K1 REQUIRED IMPORTED_TARGET libsecp256k1)
find_package(RocksDB CONFIG REQUIRED)
find_package(SQLite3 REQUIRED)

if(ADIT_TESTS)
    find_package(GTest REQUIRED)
    find_package(benchmark REQUIRED)
    pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)  # an independent BLAKE2b for the tests
    include(GoogleTest)
endif()
