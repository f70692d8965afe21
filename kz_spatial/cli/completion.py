"""The command `completion`: a script that lets bash and zsh complete commands and options."""

from __future__ import annotations

import argparse
import re
from typing import Any, Final

__all__ = ["add_completion"]

_SHELLS: Final = ("bash", "zsh")
# zsh reads what bash does, once it is asked to
_FIRST: Final = {"bash": "", "zsh": "autoload -U +X bashcompinit && bashcompinit\n"}
_SAFE: Final = re.compile(r"[\w.-]+")
_SCRIPT: Final = """\
_kz_spatial() {{
  local words="" current="${{COMP_WORDS[COMP_CWORD]}}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="{commands}"
  else
    case "${{COMP_WORDS[1]}} ${{COMP_WORDS[COMP_CWORD-1]}}" in
{values}
    esac
    if [ -z "$words" ]; then
      case "$current" in -*) ;; *) return ;; esac
      case "${{COMP_WORDS[1]}}" in
{options}
      esac
    fi
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _kz_spatial kz-spatial
"""


def _values(command: str, parser: argparse.ArgumentParser) -> list[str]:
    """Options of a command that take one of a few words, and these words."""
    return [
        f'      "{command} {option}") words="{" ".join(map(str, action.choices))}" ;;'
        for action in parser._actions  # noqa: SLF001 argparse tells them nowhere else
        if action.choices and all(_SAFE.fullmatch(str(each)) for each in action.choices)
        for option in action.option_strings
    ]


def _options(command: str, parser: argparse.ArgumentParser) -> str:
    found = " ".join(
        option
        for action in parser._actions  # noqa: SLF001
        if action.help != argparse.SUPPRESS
        for option in action.option_strings
    )
    return f'        {command}) words="{found}" ;;'


def script(shell: str, commands: dict[str, argparse.ArgumentParser]) -> str:
    """The script for a shell; files are completed where no word fits."""
    return _FIRST[shell] + _SCRIPT.format(
        commands=" ".join([*commands, "--help", "--version"]),
        values="\n".join(line for each in commands.items() for line in _values(*each)),
        options="\n".join(_options(*each) for each in commands.items()),
    )


def add_completion(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `kz-spatial completion`."""
    parser = commands.add_parser(
        "completion",
        parents=[common],
        help="print a script that completes commands and options in a shell",
        description="Print a script for a shell: `kz-spatial completion bash > "
        "~/.local/share/bash-completion/completions/kz-spatial`, or, in ~/.zshrc, "
        '`eval "$(kz-spatial completion zsh)"`.',
    )
    parser.add_argument("shell", choices=_SHELLS)

    def do(args: argparse.Namespace) -> int:
        print(script(args.shell, commands.choices), end="")
        return 0

    parser.set_defaults(do=do)
