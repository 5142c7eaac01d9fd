"""The command line: one file per command, listed here.

A command's module is imported when the command is called: most of them need no engine, and
importing it takes two seconds.
"""

from importlib import import_module

import click

from imgproxy_py.version import VERSION

# In the order of the help; a module's command has the name of its function.
COMMANDS = {
    "serve": "serve:serve",
    "worker": "worker:worker",
    "optimize": "optimize:optimize",
    "push": "push.command:push",
    "verify": "verify:verify",
    "account": "account:account",
    "key": "key:key",
    "signing-key": "signing_key:signing_key",
    "sign": "sign:sign",
    "srcset": "srcset:srcset",
    "results": "results:results",
    "doctor": "doctor:doctor",
}


class Commands(click.Group):
    """Finds a command by its row."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"imgproxy_py.cli.{module}"), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="imgproxy-py")
def main() -> None:
    """Smaller pictures that still look right: as a server, or for the files on your disk."""
