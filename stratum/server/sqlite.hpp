#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"
#include "kernels/base/result.hpp"

/// SQLite in our words: a handle that closes, a statement that binds and steps.
namespace adit::stratum::server::sqlite {

struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, Close>;

/// A prepared statement. `step` says SQLITE_ROW, SQLITE_DONE, or what went wrong.
class Statement {
public:
    Statement() = default;
    Statement(sqlite3* db, std::string_view sql)
    {
        sqlite3_stmt* raw = nullptr;
        status_ = sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()),
                                     SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
        statement_.reset(raw);
    }
    int status() const { return status_; }  ///< SQLITE_OK when it was prepared

    Statement& begin()
    {
        sqlite3_reset(statement_.get());
        next_ = 0;
        return *this;
    }
    Statement& bind(i64 number)
    {
        sqlite3_bind_int64(statement_.get(), ++next_, number);
        return *this;
    }
    /// Text and bytes must live until the step.
    Statement& bind(std::string_view text)
    {
        sqlite3_bind_text(statement_.get(), ++next_, text.data(), static_cast<int>(text.size()),
                          SQLITE_STATIC);
        return *this;
    }
    Statement& bind(ByteView bytes)
    {
        sqlite3_bind_blob(statement_.get(), ++next_, bytes.data(), static_cast<int>(bytes.size()),
                          SQLITE_STATIC);
        return *this;
    }
    int step() { return sqlite3_step(statement_.get()); }
    void reset() { sqlite3_reset(statement_.get()); }

    i64 number(int column) { return sqlite3_column_int64(statement_.get(), column); }
    std::string text(int column)
    {
        const auto* at = sqlite3_column_text(statement_.get(), column);
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
        return at == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(at), size);
    }
    Bytes bytes(int column)
    {
        const auto* at = static_cast<const u8*>(sqlite3_column_blob(statement_.get(), column));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
        return at == nullptr ? Bytes() : Bytes(at, at + size);
    }

private:
    std::unique_ptr<sqlite3_stmt, Close> statement_;
    int status_ = SQLITE_OK;
    int next_ = 0;
};

inline int run(sqlite3* db, const char* sql)
{
    return sqlite3_exec(db, sql, nullptr, nullptr, nullptr);
}

}  // namespace adit::stratum::server::sqlite
