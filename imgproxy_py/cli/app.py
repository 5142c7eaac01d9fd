"""The command line: one file per command, listed here."""

import click

from imgproxy_py.cli.doctor import doctor
from imgproxy_py.cli.optimize import optimize
from imgproxy_py.cli.serve import serve
from imgproxy_py.cli.verify import verify
from imgproxy_py.version import VERSION


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="imgproxy-py")
def main() -> None:
    """Smaller pictures that still look right: as a server, or for the files on your disk."""


main.add_command(serve)
main.add_command(optimize)
main.add_command(verify)
main.add_command(doctor)
