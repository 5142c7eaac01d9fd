"""Settings for a command, or a clear end."""

import sys

import click

from imgproxy_py.settings import Settings, SettingsError


def load_settings() -> Settings:
    """The settings, or a clear end: every wrong value is named before anything starts."""
    try:
        settings = Settings.load()
    except SettingsError as error:
        click.echo(f"imgproxy-py cannot start:\n{error}", err=True)
        sys.exit(2)
    for warning in settings.warnings:
        click.echo(f"warning: {warning}", err=True)
    return settings
