"""HTTP: parse, identify, call one verb, render."""
