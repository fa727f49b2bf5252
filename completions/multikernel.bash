# shellcheck shell=bash
# Completion of multikernel(1) in bash.

_multikernel_options() {
    case $1 in
    run)
        echo "--size --policy --nearest --exact-shapes --pick --mode --retune" \
            "--cold --seed --budget --margin --no-cache --no-verify" \
            "--no-isolate --timeout --device --trace --json --verbose --help"
        ;;
    tune)
        echo "--size --policy --nearest --exact-shapes --retune --cold --seed" \
            "--budget --margin --no-verify --no-isolate --timeout --device" \
            "--trace --record --json --verbose --help"
        ;;
    picks) echo "--all --objects --json --help" ;;
    emit)
        echo "--output --pass --size --choices --record --main --objects" \
            "--policy --retune --cold --seed --budget --margin --no-verify" \
            "--no-isolate --timeout --json --verbose --help"
        ;;
    devices) echo "--json --help" ;;
    esac
}

# Keys as `picks list` shows them, short; what follows them is no key.
_multikernel_keys() {
    multikernel picks list 2>/dev/null | awk '$1 ~ /^[0-9a-f]+$/ { print $1 }'
}

# The first argument behind the command that is no option.
_multikernel_action() {
    local i
    for ((i = 2; i < COMP_CWORD; ++i)); do
        if [[ ${COMP_WORDS[i]} != -* ]]; then
            echo "${COMP_WORDS[i]}"
            return
        fi
    done
}

# _multikernel_reply WORDS: those that begin with the current word.
_multikernel_reply() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
}

_multikernel_definitions() {
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -X '!*.json' -- "$current"
        compgen -d -- "$current")
}

_multikernel_picks() {
    case $(_multikernel_action) in
    "") _multikernel_reply "list show clear" ;;
    show | clear) _multikernel_reply "$(_multikernel_keys)" ;;
    esac
}

_multikernel_emit() {
    case $(_multikernel_action) in
    "") _multikernel_reply "dispatcher wrapper" ;;
    *) _multikernel_definitions ;;
    esac
}

_multikernel() {
    local current=${COMP_WORDS[COMP_CWORD]}
    local previous=${COMP_WORDS[COMP_CWORD - 1]}
    local commands="run tune picks emit devices"

    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _multikernel_reply "$commands help --help --version"
        return
    fi
    case $previous in
    --mode)
        _multikernel_reply "tune cached frozen inline"
        return
        ;;
    --policy)
        _multikernel_reply "nearest measure nearest-k"
        return
        ;;
    --pass)
        _multikernel_reply "jit aot"
        return
        ;;
    --output | -o)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
        return
        ;;
    --choices)
        _multikernel_definitions
        return
        ;;
    --trace | --record)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --size | --nearest | --pick | --seed | --budget | --margin | --timeout | --device)
        return # anything
        ;;
    esac
    if [[ $current == -* ]]; then
        _multikernel_reply "$(_multikernel_options "${COMP_WORDS[1]}")"
        return
    fi
    case ${COMP_WORDS[1]} in
    run | tune) _multikernel_definitions ;;
    picks) _multikernel_picks ;;
    emit) _multikernel_emit ;;
    help) ((COMP_CWORD == 2)) && _multikernel_reply "$commands" ;;
    esac
}

complete -F _multikernel multikernel
