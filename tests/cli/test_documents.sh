#!/usr/bin/env bash
# Help, man pages and completion tell of the same commands and options.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

man=$SOURCE_DIR/man
commands=$("$MULTIKERNEL" --help |
    awk '/^$/ { on = 0 } on { printf "%s ", $1 } /^Commands:/ { on = 1 }')

# options_of COMMAND: the long options that its help names, sorted.
options_of() {
    "$MULTIKERNEL" "$1" --help | sed -n '/^Options:/,$p' |
        grep -oE '^ +(-[a-z], )?--[a-z-]+' | grep -oE -e '--[a-z-]+' | sort
}

check "help: the commands" equal "$commands" "run tune picks emit devices "
check "multikernel.1: is there" [ -s "$man/multikernel.1" ]
check "multikernel-definition.5: is there" [ -s "$man/multikernel-definition.5" ]

for command in $commands; do
    page=$man/multikernel-$command.1
    check "multikernel.1: $command" grep -qx ".It Cm $command" "$man/multikernel.1"
    check "multikernel-$command.1: is there" [ -s "$page" ]
    check "multikernel-$command.1: the options of its help" equal \
        "$(sed -nE 's/^\.It Fl ([a-z] , )?-([a-z-]+).*/--\2/p' "$page" | sort)" \
        "$(options_of "$command")"
done

for variable in $(cd "$man" && cat ./* | grep -ohE '^\.Ev [A-Z_]+' | sort -u |
    cut -d ' ' -f 2); do
    check "multikernel.1: $variable" grep -qE "^\.It Ev .*$variable" \
        "$man/multikernel.1"
done

if command -v mandoc >/dev/null; then
    for page in "$man"/*; do
        check "${page##*/}: mandoc" mandoc -Tlint -Wwarning "$page"
    done
else
    skip "man pages: no mandoc"
fi

# ---- Completion -------------------------------------------------------------

# shellcheck source=../../completions/multikernel.bash
. "$SOURCE_DIR/completions/multikernel.bash"

# compopt works only while bash completes.
compopt() {
    :
}

# The completion asks the program for keys.
multikernel() {
    "$MULTIKERNEL" "$@"
}

# completed WORD...: what the last WORD can become, sorted, in one line.
completed() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _multikernel
    printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
}

check "completion: commands" equal "$(completed multikernel '')" \
    "--help --version devices emit help picks run tune "
check "completion: a command" equal "$(completed multikernel de)" "devices "
check "completion: help" equal "$(completed multikernel help r)" "run "
for command in $commands; do
    check "completion: options of $command" equal \
        "$(completed multikernel "$command" --)" \
        "$(options_of "$command" | tr '\n' ' ')"
done
check "completion: modes" \
    equal "$(completed multikernel run x --mode '')" \
    "cached frozen inline tune "
check "completion: policies" \
    equal "$(completed multikernel tune x --policy '')" \
    "measure nearest nearest-k "
check "completion: the file of --trace" \
    equal "$(completed multikernel run x --trace sc)" "scale.c scale.mk.json "
check "completion: the file of --record" \
    equal "$(completed multikernel tune x --record sc)" "scale.c scale.mk.json "
check "completion: definitions" \
    equal "$(completed multikernel tune sc)" "scale.mk.json "
check "completion: actions" \
    equal "$(completed multikernel picks '')" "clear list show "
check "completion: what to emit" \
    equal "$(completed multikernel emit '')" "dispatcher wrapper "
check "completion: what to emit from" \
    equal "$(completed multikernel emit dispatcher sc)" "scale.mk.json "
check "completion: passes" \
    equal "$(completed multikernel emit wrapper --pass '')" "aot jit "
mkdir schemes
for option in -o --output; do
    check "completion: the folder of $option" \
        equal "$(completed multikernel emit wrapper $option sc)" "schemes "
done
rmdir schemes
check "completion: the files of --choices" \
    equal "$(completed multikernel emit wrapper --choices sc)" "scale.mk.json "
check "completion: the file of --record" \
    equal "$(completed multikernel emit wrapper --record sc)" \
    "scale.c scale.mk.json "
mk run scale.mk.json
key=$("$MULTIKERNEL" picks list | sed -n '2s/ .*//p')
check "completion: keys" \
    equal "$(completed multikernel picks show "${key:0:3}")" "$key "

finish
