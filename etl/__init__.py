"""The path of a number: catalog and sources, searches and controls, snapshots, judged cells, the store."""

from pathlib import Path

#: The project's root, where ``data/`` lies.
ROOT = Path(__file__).resolve().parent.parent
