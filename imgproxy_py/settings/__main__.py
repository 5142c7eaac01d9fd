"""`python -m imgproxy_py.settings > docs/settings.md` renews the page of all settings."""

import sys

from imgproxy_py.settings.docs import render

sys.stdout.write(render())
