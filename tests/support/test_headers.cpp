int main() {}  // holds the precompiled headers of tests/support/CMakeLists.txt
