"""One reader a format: from rows of a file to spans by OpenTelemetry's names."""
