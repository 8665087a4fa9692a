"""Everything that makes the store: catalog, adapters, search, snapshots, judging, build."""
