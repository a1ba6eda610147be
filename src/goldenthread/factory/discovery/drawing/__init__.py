"""The process drawn as a map: what to keep of it, where to put it, and the picture."""
