# Calls the completion as bash does on Tab, and prints what it offers.
source ./script
COMP_WORDS=(spl "$@")
COMP_CWORD=$#
_spl
printf '%s\n' "${COMPREPLY[@]}"
