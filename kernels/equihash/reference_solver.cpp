#include "kernels/equihash/reference_solver.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernels/base/check.hpp"
#include "kernels/equihash/leaves.hpp"

namespace adit::equihash {
namespace {

/// Where a row comes from: two rows of the level below. Leaves have none.
struct Origin {
    u32 left;
    u32 right;
    u32 first_index;  ///< the subtree's first leaf, which decides the order of halves
};

/// The digit that level `level` (1 … k) makes zero, as a number.
u32 digit_of(const Row& row, u32 level, u32 digit_bits)
{
    u32 digit = 0;
    for (u32 bit = (level - 1) * digit_bits; bit < level * digit_bits; ++bit)
        digit = digit << 1 | (row_bytes(row)[bit / 8] >> (7 - bit % 8) & 1);
    return digit;
}

bool is_zero(const Row& row)
{
    return (row.words[0] | row.words[1] | row.words[2] | row.words[3]) == 0;
}

Row operator^(const Row& a, const Row& b)
{
    Row out;
    for (std::size_t i = 0; i < out.words.size(); ++i) out.words[i] = a.words[i] ^ b.words[i];
    return out;
}

class Book {
public:
    Book(const Params& params, const Leaves& leaves) : params_(params), marks_(params.rows(), 0)
    {
        rows_.resize(params.rows());
        levels_.emplace_back();
        std::vector<u32> indices(params.rows());
        std::iota(indices.begin(), indices.end(), 0u);
        for (u32 first = 0; first < params.rows(); first += Leaves::kRowsAtOnce) {
            const u32 count = std::min(Leaves::kRowsAtOnce, params.rows() - first);
            leaves.rows_of({indices.data() + first, count}, rows_.data() + first);
        }
        for (const u32 index : indices) levels_[0].push_back({index, index, index});
    }

    std::vector<Indices> solve()
    {
        for (u32 level = 1; level <= params_.k; ++level) collide(level);
        std::vector<Indices> solutions;
        for (const Origin& root : levels_.back()) {
            Indices solution;
            append_leaves(root, params_.k, solution.values);
            solutions.push_back(std::move(solution));
        }
        std::sort(solutions.begin(), solutions.end());
        return solutions;
    }

private:
    /// Pairs up all rows whose digit of this level is equal. On the last level the whole xor must
    /// be zero.
    void collide(u32 level)
    {
        std::vector<u32> starts;
        const std::vector<u32> filed = file_by_digit(level, starts);
        std::vector<Row> next_rows;
        levels_.emplace_back();
        for (std::size_t digit = 0; digit + 1 < starts.size(); ++digit)
            for (u32 i = starts[digit]; i < starts[digit + 1]; ++i)
                for (u32 j = i + 1; j < starts[digit + 1]; ++j) {
                    const Row row = rows_[filed[i]] ^ rows_[filed[j]];
                    if (level == params_.k && !is_zero(row)) continue;
                    if (keep_pair(level, filed[i], filed[j])) next_rows.push_back(row);
                }
        rows_ = std::move(next_rows);
    }

    /// Row numbers sorted by digit; rows of digit d are filed[starts[d]] … filed[starts[d + 1] -
    /// 1].
    std::vector<u32> file_by_digit(u32 level, std::vector<u32>& starts) const
    {
        const u32 digit_bits = params_.collision_bits();
        starts.assign((std::size_t{1} << digit_bits) + 1, 0);
        for (const Row& row : rows_) ++starts[digit_of(row, level, digit_bits) + 1];
        std::partial_sum(starts.begin(), starts.end(), starts.begin());
        std::vector<u32> filed(rows_.size()), next(starts.begin(), starts.end() - 1);
        for (u32 row = 0; row < rows_.size(); ++row)
            filed[next[digit_of(rows_[row], level, digit_bits)]++] = row;
        return filed;
    }

    /// Files the pair in the newest level when it shares no index.
    bool keep_pair(u32 level, u32 a, u32 b)
    {
        const std::vector<Origin>& below = levels_[level - 1];
        if (below[a].first_index > below[b].first_index) std::swap(a, b);
        left_leaves_.clear();
        right_leaves_.clear();
        append_leaves(below[a], level - 1, left_leaves_);
        append_leaves(below[b], level - 1, right_leaves_);
        ++mark_;
        for (const u32 leaf : left_leaves_) marks_[leaf] = mark_;
        for (const u32 leaf : right_leaves_)
            if (marks_[leaf] == mark_) return false;
        ADIT_CHECK(levels_[level].size() < ~u32{0});
        levels_[level].push_back({a, b, below[a].first_index});
        return true;
    }

    void append_leaves(const Origin& origin, u32 level, std::vector<u32>& leaves) const
    {
        if (level == 0) return leaves.push_back(origin.first_index);
        append_leaves(levels_[level - 1][origin.left], level - 1, leaves);
        append_leaves(levels_[level - 1][origin.right], level - 1, leaves);
    }

    Params params_;
    std::vector<Row> rows_;                    ///< of the newest level
    std::vector<std::vector<Origin>> levels_;  ///< [0] the leaves
    std::vector<u64> marks_;                   ///< per leaf: the last pair whose left half has it
    u64 mark_ = 0;
    std::vector<u32> left_leaves_, right_leaves_;
};

}  // namespace

std::vector<Indices> solve_by_the_book(const Params& params, const Personalization& personalization,
                                       ByteView input)
{
    return Book(params, Leaves(params, personalization, input)).solve();
}

}  // namespace adit::equihash
