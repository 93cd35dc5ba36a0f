#!/bin/sh
# Prints the first of its arguments, or of the usual names, that is a Python new enough to run the program.
for python in "$@" python3.13 python3.12 python3.11; do
    if [ "$("$python" -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null)" = "True" ]; then
        echo "$python"
        exit 0
    fi
done
echo "Set-up stopped: Python 3.11 or newer was not found. Install it, or name it: make PYTHON=/path/to/python3 ..." >&2
exit 1
