"""How to read and drive each model of instrument: one TOML file a model."""
