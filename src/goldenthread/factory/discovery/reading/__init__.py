"""Reading a log, from wherever it lies, into one table of events; what could not be taken is counted and shown."""
