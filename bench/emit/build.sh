#!/usr/bin/env bash
# Emits code and builds the library STEM.a of it. Called by CMake (emit.cmake).
#
#   build.sh PROGRAM CC INCLUDES FOLDER STEM KIND FILE [OPTION]...
set -euo pipefail

program=$1 cc=$2 includes=$3 folder=$4 stem=$5 kind=$6 file=$7
shift 7

CC=$cc "$program" emit "$kind" "$file" -o "$folder" "$@" >/dev/null
# An object of before an emission with the same text is as good as a new one.
make -s -f "$folder/$stem.make" CC="$cc" CFLAGS=-O2 \
    "${stem}_CPPFLAGS=$includes" "${stem}_LIBS=-lm"
touch "$folder/$stem.a"
