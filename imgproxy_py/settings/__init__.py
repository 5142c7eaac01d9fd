"""What an operator decides, read once at start; the only place that reads the environment."""

from imgproxy_py.settings.errors import SettingsError
from imgproxy_py.settings.settings import LogFormat, Redirect, Settings

__all__ = ["LogFormat", "Redirect", "Settings", "SettingsError"]
