"""`imgproxy-py` and `python -m imgproxy_py`."""

from imgproxy_py.cli.app import main

if __name__ == "__main__":
    main()
