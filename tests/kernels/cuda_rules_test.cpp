// What the CUDA back end decides from plain facts: which kernels a card runs and in how much
// memory, and what people are told about drivers and cards.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <stdexcept>

#include "kernels/cuda/card_rules.hpp"
#include "kernels/dialect/arena.hpp"

namespace adit::cuda {
namespace {

using equihash::Params;

// What the builds compile for (kernels/cuda/CMakeLists.txt with CUDA 13.0).
struct Build {
    const char* name;
    std::string_view narrow, roomy;

    std::string_view codes_of(Architecture architecture) const
    {
        return architecture == Architecture::roomy ? roomy : narrow;
    }
    HasCode for_card(const CardFacts& card) const
    {
        return [this, card](const KernelSet& set) {
            return has_code(codes_of(set.architecture), card);
        };
    }
};

const Build kDefault{"default", "sm_75 compute_75 sm_86 compute_121", "sm_90 compute_90"};
const Build kPackage{"package",
                     "compute_75 sm_75 sm_86 sm_87 sm_88 sm_89 sm_120 sm_121 compute_121",
                     "sm_80 sm_90 sm_100 sm_110 sm_103 compute_90"};

// Shared memory of a block and of a multiprocessor, KB, by compute capability (CUDA C++ programming
// guide).
CardFacts card_of(int sm)
{
    struct Row {
        int sm;
        std::size_t block_kb, multiprocessor_kb;
    };
    constexpr Row kRows[]{{61, 48, 96},   {75, 64, 64},   {80, 163, 164},  {86, 99, 100},
                          {89, 99, 100},  {90, 227, 228}, {100, 227, 228}, {103, 227, 228},
                          {120, 99, 100}, {121, 99, 100}};
    for (const Row& row : kRows)
        if (row.sm == sm) return {"card", sm, row.block_kb * 1024, row.multiprocessor_kb * 1024};
    throw std::out_of_range("no such card");
}

/// Kernels as far as the rules look at them.
class Sets {
public:
    void add(Architecture architecture, const dialect::Layout& layout, const char* name)
    {
        Made& made = made_.emplace_back();
        made.layout = layout;
        made.set.name = name;
        made.set.architecture = architecture;
        made.set.layout = &made.layout;
        all_.push_back(&made.set);
    }
    std::span<const KernelSet* const> all() const { return all_; }

private:
    struct Made {
        dialect::Layout layout;
        KernelSet set;
    };
    std::deque<Made> made_;
    std::vector<const KernelSet*> all_;
};

dialect::Layout wanting(u32 shared_kb, const Params& params)
{
    dialect::Layout layout;
    layout.params = params;
    layout.expand_shared_bytes = shared_kb * 1024;
    return layout;
}

/// What is really compiled.
Sets compiled_sets()
{
    Sets sets;
    for (const Row& row : kRows)
        sets.add(row.architecture, layout_of(row.n, row.k, row.architecture),
                 row.architecture == Architecture::roomy ? "roomy" : "narrow");
    return sets;
}

std::string names_of(const std::vector<const KernelSet*>& sets)
{
    std::string names;
    for (const KernelSet* set : sets) names += (names.empty() ? "" : " ") + std::string(set->name);
    return names;
}

struct CodeRow {
    std::string_view codes;
    int sm;
    bool has;
};

TEST(CudaCode, RunsWhereTheGuideSaysItDoes)
{
    const CodeRow rows[]{
        {"sm_86", 86, true},
        {"sm_86", 89, true},
        {"sm_86", 80, false},
        {"sm_86", 90, false},
        {"sm_75", 80, false},
        {"compute_75", 70, false},
        {"compute_75", 75, true},
        {"compute_75", 121, true},
        {"compute_121", 120, false},
        {"sm_100", 103, true},
        {"sm_100", 110, false},
        {"sm_120", 121, true},
        {"sm_121", 120, false},
        {"sm_75 compute_90", 89, false},
        {"sm_75 compute_90", 100, true},
        {"", 90, false},
        {"sm_90a", 90, false},
        {"sm_", 90, false},
        {kDefault.narrow, 61, false},
        {kDefault.roomy, 80, false},
        {kPackage.roomy, 80, true},
    };
    for (const CodeRow& row : rows)
        EXPECT_EQ(has_code(row.codes, {.name = {}, .sm = row.sm}), row.has)
            << row.codes << " on sm_" << row.sm;
}

struct ChoiceRow {
    int sm;
    Architecture own;
    const char* by_default;  ///< what runs of a set whose roomy blocks take 76, 163 and 227 KB
    const char* packaged;
};

constexpr ChoiceRow kChoices[]{
    {61, Architecture::narrow, "- - -", "- - -"},
    {75, Architecture::narrow, "narrow narrow narrow", "narrow narrow narrow"},
    {80, Architecture::roomy, "narrow narrow narrow", "roomy roomy narrow"},
    {86, Architecture::narrow, "narrow narrow narrow", "narrow narrow narrow"},
    {89, Architecture::narrow, "narrow narrow narrow", "narrow narrow narrow"},
    {90, Architecture::roomy, "roomy roomy roomy", "roomy roomy roomy"},
    {100, Architecture::roomy, "roomy roomy roomy", "roomy roomy roomy"},
    {103, Architecture::roomy, "roomy roomy roomy", "roomy roomy roomy"},
    {120, Architecture::narrow, "narrow narrow narrow", "narrow narrow narrow"},
    {121, Architecture::narrow, "narrow narrow narrow", "narrow narrow narrow"},
};

TEST(CudaChoice, OfTheOwnClassWhereCodeAndSharedMemoryAreThere)
{
    const Params params[]{{200, 9}, {210, 9}, {144, 5}};
    const u32 roomy_kb[]{76, 163, 227};
    Sets sets;
    for (std::size_t i = 0; i < 3; ++i) {
        sets.add(Architecture::roomy, wanting(roomy_kb[i], params[i]), "roomy");
        sets.add(Architecture::narrow, wanting(56, params[i]), "narrow");
    }
    for (const ChoiceRow& row : kChoices) {
        const CardFacts card = card_of(row.sm);
        EXPECT_EQ(class_of(card), row.own) << "sm_" << row.sm;
        for (const Build* build : {&kDefault, &kPackage}) {
            std::string run;
            for (const Params& each : params) {
                const auto found = sets_for(card, each, {}, sets.all(), build->for_card(card));
                run += (run.empty() ? "" : " ") +
                       std::string(found.empty() ? "-" : found.front()->name);
            }
            EXPECT_EQ(run, build == &kDefault ? row.by_default : row.packaged)
                << build->name << ", sm_" << row.sm;
        }
    }
}

TEST(CudaChoice, OfAnotherClassLastAndOfTrialsOnlyByName)
{
    Sets sets;
    sets.add(Architecture::narrow, wanting(44, {200, 9}), "narrow");
    sets.add(Architecture::roomy, wanting(76, {200, 9}), "roomy");
    sets.add(Architecture::roomy, wanting(76, {144, 5}), "roomy");
    sets.add(Architecture::roomy, wanting(76, {200, 9}), "trial-3");
    const auto all_of = [&](int sm, std::string_view wanted) {
        return names_of(sets_for(card_of(sm), {200, 9}, wanted, sets.all(),
                                 [](const KernelSet&) { return true; }));
    };
    EXPECT_EQ(all_of(90, ""), "roomy narrow");
    EXPECT_EQ(all_of(86, ""), "narrow roomy");
    EXPECT_EQ(all_of(75, ""), "narrow");  // 64 KB a block
    EXPECT_EQ(all_of(90, "narrow"), "narrow");
    EXPECT_EQ(all_of(90, "trial-3"), "trial-3");
    EXPECT_EQ(all_of(75, "trial-3"), "");
    EXPECT_EQ(all_of(90, "trial-4"), "");
}

TEST(CudaMemory, IsThatOfTheSetThatRuns)
{
    const Sets sets = compiled_sets();
    for (const Build* build : {&kDefault, &kPackage})
        for (const int sm : {75, 80, 86, 89, 90, 100, 103, 120, 121})
            for (const Row& row : kRows) {
                if (row.architecture != Architecture::narrow) continue;
                SCOPED_TRACE(fmt::format("{} {},{} sm_{}", build->name, row.n, row.k, sm));
                const Params params = *equihash::find_params(row.n, row.k);
                const CardFacts card = card_of(sm);
                const auto has = build->for_card(card);
                const auto found = sets_for(card, params, {}, sets.all(), has);
                ASSERT_FALSE(found.empty());
                const KernelSet& runs = *found.front();
                EXPECT_LE(shared_bytes_of(*runs.layout), card.shared_bytes_of_block);
                EXPECT_EQ(nonce_bytes(card, params, sets.all(), has),
                          dialect::plan_places(*runs.layout)->arena_bytes(1));
                // Another class only where its own has no code or too large blocks.
                const Architecture own = class_of(card);
                if (runs.architecture != own) {
                    EXPECT_TRUE(!has_code(build->codes_of(own), card) ||
                                shared_bytes_of(layout_of(row.n, row.k, own)) >
                                    card.shared_bytes_of_block);
                }
            }
}

TEST(CudaMemory, OfSetsThatDoNotRunIsNotStated)
{
    const Sets sets = compiled_sets();
    const auto has = [&](int sm) { return kDefault.for_card(card_of(sm)); };
    EXPECT_TRUE(nonce_bytes(card_of(75), {200, 9}, sets.all(), has(75)));
    EXPECT_FALSE(nonce_bytes(card_of(61), {200, 9}, sets.all(), has(61)));  // no code
    EXPECT_FALSE(nonce_bytes(card_of(75), {96, 3}, sets.all(), has(75)));   // no kernels
    CardFacts small = card_of(75);
    small.shared_bytes_of_block = 32 * 1024;
    EXPECT_FALSE(nonce_bytes(small, {144, 5}, sets.all(), has(75)));
}

struct DriverRow {
    DriverFacts facts;
    std::optional<std::string> note;
};

TEST(CudaNotes, OfDriversSayWhatToDo)
{
    const auto too_old = [](const char* knows, const char* needs) {
        return fmt::format(
            "the NVIDIA driver knows CUDA up to {}, this build needs {}: update the "
            "driver; until then its cards are driven through OpenCL",
            knows, needs);
    };
    const DriverRow rows[]{
        {{.driver = 13000, .runtime = 13000}, {}},
        {{.driver = 12090, .runtime = 13010}, {}},               // the runtime is content
        {{.driver = 0, .runtime = 13000, .refused = true}, {}},  // no driver at all
        {{.driver = 11040, .runtime = 13000, .refused = true}, too_old("11.4", "13.0")},
        {{.driver = 12090, .runtime = 13020, .refused = true}, too_old("12.9", "13.0")},
        {{.driver = 11080, .runtime = 12060, .refused = true}, too_old("11.8", "12.0")},
        {{.driver = 13000, .runtime = 13020, .refused = true}, too_old("13.0", "13.2")},
        {{.driver = 0, .runtime = 13000, .refused = true, .trouble = "invalid ELF header"},
         "the NVIDIA driver's libcuda.so.1 is here but cannot be used (invalid ELF header): "
         "install the driver anew"},
        {{.driver = 13000, .runtime = 13000, .trouble = "unknown error"},
         "the NVIDIA driver does not start (unknown error), so no card is used through CUDA: "
         "after an update of the driver, restart the machine"},
    };
    for (const DriverRow& row : rows) EXPECT_EQ(driver_note(row.facts), row.note);
}

TEST(CudaCode, PtxNeedsADriverAsNewAsItself)
{
    CardFacts card = card_of(120);
    EXPECT_TRUE(has_code(kDefault.narrow, card));
    card.takes_ptx = false;
    EXPECT_FALSE(has_code(kDefault.narrow, card));
    EXPECT_TRUE(has_code(kPackage.narrow, card));  // machine code
}

TEST(CudaNotes, OfACardNameItAndSayWhatToDo)
{
    CardFacts card = card_of(61);
    card.name = "NVIDIA GeForce GTX 1060";
    EXPECT_EQ(no_code_note(kDefault.narrow, card),
              "NVIDIA GeForce GTX 1060 (sm_61) is older than this build's CUDA kernels: it is "
              "driven through OpenCL");
    card = card_of(120);
    card.name = "NVIDIA GeForce RTX 5090";
    card.takes_ptx = false;
    EXPECT_EQ(no_code_note(kDefault.narrow, card),
              "NVIDIA GeForce RTX 5090 (sm_120) wants a newer NVIDIA driver for this build's CUDA "
              "kernels, or a build with ADIT_CUDA_ARCHITECTURES=all: until then it is driven "
              "through OpenCL");
}

}  // namespace
}  // namespace adit::cuda
