"""Every benchmark, one after the other: `make bench`."""

from benchmarks import api, grammar, service

if __name__ == "__main__":
    grammar.main()
    api.main()
    service.main()
