"""What the pages share. Reads the store, never writes it, never fetches."""
