#include "stratum/app/algorithm_flags.hpp"

#include <CLI/CLI.hpp>

namespace adit::stratum::app {
namespace {

std::string names_of_coins()
{
    std::string names;
    for (const Coin& coin : coins()) names += (names.empty() ? "" : ", ") + std::string(coin.name);
    return names;
}

}  // namespace

void add_algorithm_flags(CLI::App& command, AlgorithmFlags& flags)
{
    command.add_option("-a,--algo,--par", flags.algo, "Equihash parameters: 200,9  144,5 …")
        ->type_name("N,K");
    command.add_option("--pers", flags.pers, "Personalization, eight characters, or auto")
        ->type_name("TEXT");
    command.add_option("--coin", flags.coin, "Sets --algo and --pers: zcash, horizen, zero …")
        ->type_name("NAME");
}

Result<AlgorithmChoice, FlagError> read_algorithm(const AlgorithmFlags& flags)
{
    AlgorithmChoice choice;
    if (!flags.coin.empty()) {
        const Coin* coin = find_coin(flags.coin);
        if (coin == nullptr)
            return FlagError{"--coin " + flags.coin + " is not known; known are " +
                             names_of_coins() + " (or say --algo and --pers)"};
        choice.params = coin->params;
        choice.personalization = equihash::Personalization::from_text(coin->tag);
    }
    if (!flags.algo.empty()) {
        choice.params = equihash::parse_params(flags.algo);
        if (!choice.params)
            return FlagError{"--algo " + flags.algo +
                             " is not known; known are: " + equihash::known_params_text()};
    }
    if (!flags.pers.empty() && flags.pers != "auto") {
        choice.personalization = equihash::Personalization::from_text(flags.pers);
        if (!choice.personalization)
            return FlagError{"--pers " + flags.pers +
                             " must be exactly eight characters, such as ZcashPoW"};
    }
    return choice;
}

}  // namespace adit::stratum::app
