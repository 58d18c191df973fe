"""`hookcli completion`: the script for a shell, to be evaluated by it; no file of yours is edited."""

from typing import Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import UsageError

app = new_app()

# Each script asks `hookcli __complete WORDS…` for lines of VALUE<tab>DESCRIPTION; the last word is
# the one being typed. Without an answer the shell completes files. A word that ends in a colon, a dot
# or an equals sign goes on, so no blank is put behind it.
#
# Bash cuts words at `:`, `=` and `@`, and keeps what stands before the last of them: so it hands over
# the line as it was typed and gets back what it is to insert.
_BASH = """\
_hookcli() {
  local IFS=$'\\n'
  COMPREPLY=($(hookcli __complete --bash "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null))
  if [ ${#COMPREPLY[@]} -eq 1 ]; then
    case ${COMPREPLY[0]} in *[:.=]) compopt -o nospace ;; esac
  fi
}
complete -o default -F _hookcli hookcli
"""
_ZSH = """\
#compdef hookcli
_hookcli() {
  local -a spaced open
  local value text
  while IFS=$'\\t' read -r value text; do
    case $value in
      *[:.=]) open+=("${value//:/\\\\:}:$text") ;;
      *) spaced+=("${value//:/\\\\:}:$text") ;;
    esac
  done < <(hookcli __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#spaced + $#open )); then
    _describe hookcli spaced -- open -S ''
  else
    _files
  fi
}
compdef _hookcli hookcli
"""
_FISH = """\
function __hookcli_complete
  set -l words (commandline -opc) (commandline -ct)
  hookcli __complete $words[2..-1] 2>/dev/null
end
complete -c hookcli -a '(__hookcli_complete)'
"""
_PWSH = """\
Register-ArgumentCompleter -Native -CommandName hookcli -ScriptBlock {
  param($word, $tree, $position)
  $words = @($tree.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($word -eq '') { $words += '' }
  hookcli __complete @words 2>$null | ForEach-Object {
    $value, $text = $_ -split "`t", 2
    $tip = if ($text) { $text } else { $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $tip)
  }
}
"""
SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH, "pwsh": _PWSH}


@app.command(name="completion")
def completion(
    ctx: typer.Context,
    shell: Annotated[str, typer.Argument(metavar="bash|zsh|fish|pwsh")],
) -> int:
    """Print the script that completes commands, flags and captures.

    eval "$(hookcli completion zsh)"
    """
    here: Here = ctx.obj
    if shell not in SCRIPTS:
        raise UsageError(f"no script for {shell}", hint=f"hookcli completion {'|'.join(SCRIPTS)}")
    here.console.out(SCRIPTS[shell].rstrip("\n"))
    return 0
