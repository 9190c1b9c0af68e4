#include "miner/app/program.hpp"

int main(int argc, char** argv) { return adit::miner::app::run_program(argc, argv); }
