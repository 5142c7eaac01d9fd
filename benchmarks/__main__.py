"""Every benchmark, one after the other: `make bench`."""

from benchmarks import grammar, service

if __name__ == "__main__":
    grammar.main()
    service.main()
