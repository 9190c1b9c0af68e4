# Sourced by the other scripts: where we are, how long a stage took, how to build.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }

# stage NAME COMMAND…: runs it and says how long it took.
stage() {
    local name=$1 start=$SECONDS
    shift
    "$@" || { local rc=$?; say "$name: failed after $((SECONDS - start)) s"; return $rc; }
    say "$name: $((SECONDS - start)) s"
}

# configure PRESET [cmake options…]: only when the folder was never configured; CMake notices changes itself.
configure() {
    local preset=$1
    shift
    [ -f "$root/build/$preset/build.ninja" ] && [ $# -eq 0 ] && return 0
    mkdir -p "$root/build"
    (cd "$root" && cmake --preset "$preset" "$@") > "$root/build/configure-$preset.log" 2>&1 ||
        { tail -n 30 "$root/build/configure-$preset.log"; return 1; }
}

# configured_with PRESET NAME=VALUE…: its folder has these options already.
configured_with() {
    local preset=$1 option
    shift
    for option; do
        grep -qs "^${option%%=*}:[A-Z]*=${option#*=}\$" "$root/build/$preset/CMakeCache.txt" || return 1
    done
}

# compile PRESET [targets…]: quiet when all goes well.
compile() {
    local preset=$1
    shift
    if [ -t 1 ]; then
        ninja -C "$root/build/$preset" "$@"
    else
        ninja -C "$root/build/$preset" "$@" > "$root/build/compile-$preset.log" 2>&1 ||
            { grep -E -A12 'error|FAILED' "$root/build/compile-$preset.log" | head -n 80; return 1; }
    fi
}

# run_suite PRESET [ctest options…]: runs ctest and prints `N passed, N failed, N skipped` last.
run_suite() {
    local preset=$1 report rc=0
    shift
    report="$root/build/$preset/suite.xml"
    rm -f "$report"
    (cd "$root/build/$preset" && ctest -j "$(nproc)" --output-on-failure --test-output-size-passed 65536 \
        --output-junit "$report" "$@") \
        > "$root/build/suite-$preset.log" 2>&1 || rc=$?
    if [ ! -s "$report" ]; then
        tail -n 30 "$root/build/suite-$preset.log"
        say "0 passed, 1 failed, 0 skipped"
        return 1
    fi
    local tests failed skipped
    tests=$(grep -o 'tests="[0-9]*"' "$report" | head -n 1 | tr -dc 0-9)
    failed=$(grep -o 'failures="[0-9]*"' "$report" | head -n 1 | tr -dc 0-9)
    # A test says why it skips; one that could not even be started has failed, whatever ctest calls it.
    local not_started
    not_started=$(grep -cE 'message="(Unable to find|Required Files|Failed to start|Fixture dep)' "$report" || true)
    skipped=$(($(grep -cE 'status="(notrun|disabled)"' "$report" || true) - not_started))
    failed=$((failed + not_started))
    # Python's files are one ctest entry each and may skip some of their tests inside.
    local inside
    inside=$({ grep -oE 'OK \(skipped=[0-9]+\)' "$report" || true; } | tr -dc '0-9\n' |
        awk '{ sum += $1 } END { print sum + 0 }')
    if [ "$failed" != 0 ]; then
        grep -E '\*\*\*|Failure$|Expected|actual|Which is' "$root/build/suite-$preset.log" | grep -vE ' Passed +[0-9.]+ sec|^ *Start' |
            head -n 60 || true
        sed -n '/The following tests FAILED/,$p' "$root/build/suite-$preset.log"
    fi
    if [ "$skipped" != 0 ]; then
        say "skipped, and why:"
        grep -E '^/.*: Skipped|^[^ ]*Skipped$' -A1 "$root/build/suite-$preset.log" | grep -vE 'Skipped$|^--' | sort | uniq -c
        sed -n '/The following tests did not run/,/^$/p' "$root/build/suite-$preset.log"
    fi
    if [ "$inside" != 0 ]; then
        say "skipped inside a file, and why:"
        grep -oE "test_.* \.\.\. skipped .*" "$report" | sort
    fi
    [ "$tests" -gt 0 ] || rc=1
    say "$((tests - failed - skipped)) passed, $failed failed, $((skipped + inside)) skipped"
    return $rc
}
