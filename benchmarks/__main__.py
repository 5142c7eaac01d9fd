"""Every benchmark, one after the other: `make bench`."""

from benchmarks import api, grammar, hits, service
from benchmarks.wrk import has_wrk

if __name__ == "__main__":
    grammar.main()
    api.main()
    service.main()
    if has_wrk():
        hits.main()
    else:
        print("\nwhat a hit costs was not measured: wrk is not installed (apt-get install wrk)")
