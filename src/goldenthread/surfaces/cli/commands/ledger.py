"""`goldenthread ledger`: verify, checkpoint, replay."""
