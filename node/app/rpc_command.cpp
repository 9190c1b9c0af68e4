#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "node/app/commands.hpp"
#include "node/app/node_line.hpp"
#include "node/rpc/methods.hpp"

namespace adit::node::app {
namespace {

/// A word of the command line as the method takes it: JSON where it wants JSON, else a string.
Result<json::value, AppError> argument(const std::string& text, const rpc::ParamInfo* info)
{
    const bool wants_json = info != nullptr && info->kind == rpc::ParamInfo::Kind::json;
    if (!wants_json) return json::value(boost::json::string(text));
    auto parsed = json::parse(text);
    if (!parsed)
        return AppError{AppError::kUsage, std::string(info->name) + " `" + text +
                                              "`: must be a number, true, false or JSON"};
    return std::move(*parsed);
}

Result<json::array, AppError> arguments(const std::vector<std::string>& words)
{
    const rpc::MethodInfo* method = rpc::find_method(words.front());
    json::array params;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const bool known = method != nullptr && i <= method->params.size();
        ADIT_TRY(json::value v, argument(words[i], known ? &method->params[i - 1] : nullptr));
        params.push_back(std::move(v));
    }
    return params;
}

void print(const json::value& result)
{
    const auto* text = result.if_string();
    const std::string printed = json::to_pretty_text(result);
    // A decimal alone travels as a marked string, which prints without quotes.
    if (text != nullptr && printed.starts_with('"'))
        fmt::print("{}\n", std::string_view(text->data(), text->size()));
    else
        fmt::print("{}\n", printed);
}

int run_rpc(const NodeOptions& options, const std::vector<std::string>& words)
{
    if (words.empty())
        return complain({AppError::kUsage, "say which call: `adit rpc help` lists them"});
    for (const std::string& word : words)
        if (word.starts_with("--"))
            return complain({AppError::kUsage,
                             "unknown option " + word + "; `adit rpc --help` lists the options"});
    const auto params = arguments(words);
    if (!params) return complain(params.error());
    const auto line = find_node(options);
    if (!line) return complain(line.error());

    const auto answer = rpc::call(line->node, line->who, words.front(), *params);
    if (!answer) {
        const bool nobody = answer.error().kind == rpc::CallError::Kind::no_node;
        return complain(
            {nobody ? AppError::kNothingThere : AppError::kFailed, answer.error().text});
    }
    if (!*answer) {
        const rpc::RpcError& error = answer->error();
        fmt::print(stderr, "error code: {}\nerror message:\n{}\n", static_cast<int>(error.code),
                   error.message);
        return AppError::kFailed;
    }
    print(**answer);
    return 0;
}

}  // namespace

void add_rpc_command(CLI::App& program, int& exit_code)
{
    auto* command = program.add_subcommand(
        "rpc", "Call a running node: adit rpc METHOD ARGS …  (adit rpc help)");
    const auto options = std::make_shared<NodeOptions>();
    add_rpc_options(*command, *options);
    // The method's own arguments may look like options: -1, say. They are what is left.
    command->allow_extras();
    command->callback(
        [command, options, &exit_code] { exit_code = run_rpc(*options, command->remaining()); });
}

}  // namespace adit::node::app
