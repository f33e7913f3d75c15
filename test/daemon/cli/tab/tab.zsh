# zsh completes in its line editor alone: it gets a terminal and the keys, and then tells what the line became.
zmodload zsh/zpty
zpty line zsh -f -i
zpty -w line 'autoload -Uz compinit && compinit -D; source ./script'
zpty -w line 'show() { print -r -- "<<$BUFFER>>"; exit }; zle -N show; bindkey "^X" show; print re""ady'
zpty -r line seen '*ready*'
zpty -n -w line "spl $*"$'\t'
zpty -n -w line $'\C-X'
zpty -r line seen '*<<*>>*'
print -r -- "${${seen##*<<}%%>>*}"
