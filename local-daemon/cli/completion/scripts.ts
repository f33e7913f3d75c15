/** The shells that have a completion. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/**
 * What a shell needs to complete `spl`: it asks `spl complete` and shows the answer. The knowledge stays in one place
 * and fits the version that is installed. Nothing of the answer is evaluated by a shell: `compgen -W` would.
 */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  // bash 3.2 of macOS has neither mapfile nor compopt.
  bash: `# bash completion of spl
_spl() {
  local current="\${COMP_WORDS[COMP_CWORD]}" kind="" line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ -z "$kind" ]; then kind="$line"; else COMPREPLY+=("\${line%%$'\\t'*}"); fi
  done < <(command spl complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case "$kind" in
    files) while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current") ;;
    directories) while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$current") ;;
    *) return 0 ;;
  esac
  compopt -o filenames 2>/dev/null
  return 0
}
complete -F _spl spl
`,
  zsh: `#compdef spl
# zsh completion of spl
_spl() {
  local kind line value
  local -a lines shown
  lines=("\${(@f)$(command spl complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  kind="\${lines[1]}"
  case "$kind" in
    files) _files; return ;;
    directories) _files -/; return ;;
  esac
  for line in "\${(@)lines[2,-1]}"; do
    value="\${line%%$'\\t'*}"
    shown+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe -t spl spl shown
}
if [ "$funcstack[1]" = "_spl" ]; then _spl "$@"; else compdef _spl spl; fi
`,
  fish: `# fish completion of spl
function __spl_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines (command spl complete -- $words[2..-1] 2>/dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path (commandline -ct)
        case directories
            __fish_complete_directories (commandline -ct)
        case '*'
            test (count $lines) -gt 1; and printf '%s\\n' $lines[2..-1]
    end
end
complete -c spl -f -a '(__spl_complete)'
`,
}

/** How a completion gets into a shell, for its next start. */
export const INSTALL_HINTS: Readonly<Record<Shell, string>> = {
  bash: `echo 'source <(spl completion bash)' >> ~/.bashrc`,
  zsh: `echo 'source <(spl completion zsh)' >> ~/.zshrc  (after compinit)`,
  fish: 'spl completion fish > ~/.config/fish/completions/spl.fish',
}
