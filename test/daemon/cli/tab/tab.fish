# Prints what fish offers on Tab.
source ./script
complete -C "spl $argv"
