"""The parts of the page Cases, one a file; the page itself is their order."""
